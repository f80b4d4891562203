"""Calls to Stripe: its library, a time limit, and its errors as those of the port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from shop.payments.port import CallRefused, Unreachable
from shop.payments.providers.stripe.keys import keys

# A page waits for it.
SECONDS = 10
PAGES = "https://checkout.stripe.com"


@contextmanager
def stripe_client() -> Iterator[Any]:
    """Give the library's client for a few calls. Raises Unreachable and CallRefused in place of its errors."""
    import stripe

    found = keys()
    if not found.secret_key:
        raise CallRefused("not_configured")
    client = stripe.StripeClient(
        found.secret_key,
        base_addresses={"api": found.address},
        http_client=stripe.RequestsClient(timeout=SECONDS),
        max_network_retries=1,
    )
    try:
        yield client
    except (stripe.APIConnectionError, stripe.APIError, stripe.RateLimitError) as error:
        raise Unreachable(_code(error)) from error
    except stripe.StripeError as error:
        # A second call under the key of one that is not answered yet.
        in_use = error.code == "idempotency_key_in_use"
        raise (Unreachable if in_use else CallRefused)(_code(error)) from error


def _code(error: Exception) -> str:
    """Return Stripe's code of an error: its sentences may quote what was sent."""
    return str(getattr(error, "code", None) or type(error).__name__)


def noted(thing: Any) -> Mapping[str, str]:
    """Return what the shop noted with a thing of Stripe's: its metadata, {} for none."""
    return thing.metadata.to_dict() if thing.metadata else {}

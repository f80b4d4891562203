"""Calls to GoCardless: its library, a time limit, and its errors as those of the port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from common.currencies import from_minor_units, in_minor_units
from shop.payments.port import CallRefused, Unreachable
from shop.payments.providers.gocardless.keys import keys

# Seconds to connect and to answer: a page waits for them, and the library tries three times.
TIMES = (2, 5)
CURRENCY = "EUR"


@contextmanager
def gocardless_client() -> Iterator[Any]:
    """Give the library's client for a few calls. Raises Unreachable and CallRefused in place of its errors."""
    import gocardless_pro as library
    import requests
    from gocardless_pro import errors

    found = keys()
    if not found.access_token:
        raise CallRefused("not_configured")
    try:
        yield library.Client(access_token=found.access_token, base_url=found.address, timeout=TIMES)
    except (errors.RateLimitError, errors.GoCardlessInternalError) as error:
        raise Unreachable(_code(error)) from error
    except errors.ApiError as error:
        raise CallRefused(_code(error)) from error
    except (requests.RequestException, errors.MalformedResponseError) as error:
        raise Unreachable("no_answer") from error
    except errors.GoCardlessProError as error:
        raise CallRefused("unreadable") from error


def keyed(key: str) -> Mapping[str, str]:
    """Return the headers of a call that is made once for a key."""
    return {"Idempotency-Key": key}


def to_cents(amount: Decimal, currency: str) -> int:
    """Return an amount as GoCardless takes it. Raises CallRefused for another currency, or a finer amount."""
    if currency != CURRENCY:
        raise CallRefused("currency")
    try:
        return in_minor_units(amount, currency)
    except ValueError as error:
        raise CallRefused("amount_too_fine") from error


def from_cents(units: Any) -> Decimal:
    """Return an amount that GoCardless tells, as a number or its digits."""
    return from_minor_units(int(units), CURRENCY)


def noted(thing: Any) -> Mapping[str, str]:
    """Return what the shop noted with a thing: its metadata, {} for none."""
    found = thing.metadata
    return found if isinstance(found, dict) else {}


def _code(error: Any) -> str:
    """Return type and reason of an error: its sentences may quote what was sent."""
    reasons = [each.get("reason") or each.get("field") or "" for each in error.errors or ()]
    return "_".join(filter(None, (str(error.type or error.code), *reasons[:1])))

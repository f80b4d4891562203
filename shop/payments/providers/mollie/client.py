"""Calls to Mollie: its library, a time limit, and its errors as those of the port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any

from common.currencies import in_minor_units, places_of
from shop.payments.port import CallRefused, NotificationRefused, Unreachable
from shop.payments.providers.mollie.keys import keys

# Seconds to connect and to answer: a page waits for them.
TIMES = (2, 10)
PAGES = "https://www.mollie.com"
# Worth another try: a second call under a key that is not answered yet, too many calls, a fault of the service.
_PASSING = (HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS)


@contextmanager
def mollie_client() -> Iterator[Any]:
    """Give the library's client for a few calls. Raises Unreachable and CallRefused in place of its errors."""
    from mollie.api import client as library
    from mollie.api import error as errors

    found = keys()
    if not found.api_key:
        raise CallRefused("not_configured")
    client = library.Client(api_endpoint=found.address, timeout=TIMES, retry=1)
    try:
        client.set_api_key(found.api_key)
        yield client
    except errors.ResponseError as error:
        status = int(error.status or 0)
        passes = status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        raise (Unreachable if passes else CallRefused)(_code(status, error.field)) from error
    except errors.RequestSetupError as error:
        raise CallRefused("not_sent") from error
    except (errors.RequestError, errors.ResponseHandlingError) as error:
        raise Unreachable("no_answer") from error
    except errors.Error as error:
        raise CallRefused("unreadable") from error


def _code(status: int, field: object) -> str:
    """Return status and field of an error: its sentences may quote what was sent."""
    return f"{status}_{field}" if field else str(status)


def to_mollie(amount: Decimal, currency: str) -> Mapping[str, str]:
    """Return an amount as Mollie takes it: with exactly the decimals of its currency. Raises CallRefused for a finer
    one."""
    try:
        in_minor_units(amount, currency)
    except ValueError as error:
        raise CallRefused("amount_too_fine") from error
    return {"currency": currency, "value": f"{amount:.{places_of(currency)}f}"}


def from_mollie(told: Mapping[str, str]) -> tuple[Decimal, str]:
    """Return amount and currency that Mollie tells. Raises NotificationRefused for what is none."""
    try:
        return Decimal(told["value"]), told["currency"]
    except (InvalidOperation, LookupError, TypeError) as error:
        raise NotificationRefused("amount") from error


def noted(thing: Any) -> Mapping[str, str]:
    """Return what the shop noted with a payment or a refund: its metadata, {} for none or another program's."""
    found = thing.get("metadata")
    return found if isinstance(found, dict) else {}

"""Calls to the platform's REST service, with a time limit, and its errors as those of the port."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Mapping
from typing import Any

from shop.payments.calls import answer_to, json_in
from shop.payments.port import CallRefused, Unreachable
from shop.payments.providers.lyra.keys import Keys, keys

# A page waits for it.
SECONDS = 10
_MOST_BYTES = 2_000_000
NOT_FOUND = "PSP_010"
# The service is busy or broken for now: too many calls, or an error of its own.
_FOR_NOW = frozenset({"PSP_099", "PSP_998", "PSP_999", "INT_999", "ACQ_999"})


def configured() -> Keys:
    """Return the keys. Raises CallRefused where nothing is configured."""
    found = keys()
    if found is None:
        raise CallRefused("not_configured")
    return found


def call(service: str, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the answer of a service. Raises Unreachable, and CallRefused with the platform's code."""
    found = configured()
    password = base64.b64encode(f"{found.site_id}:{found.api_password}".encode()).decode()
    request = urllib.request.Request(  # noqa: S310 - an address of the settings, https or this machine
        f"{found.api_url.rstrip('/')}/api-payment/V4/{service}",
        json.dumps(asked).encode(),
        {"Content-Type": "application/json", "Authorization": f"Basic {password}"},
    )
    told = json_in(answer_to(request, seconds=SECONDS, most_bytes=_MOST_BYTES))
    return _answer(told)


def transactions_of(order_id: str) -> list[Mapping[str, Any]]:
    """Return all transactions of a payment, refunds among them; [] if nobody has tried to pay."""
    try:
        told = call("Order/Get", {"orderId": order_id}).get("transactions")
    except CallRefused as refusal:
        if str(refusal) == NOT_FOUND:
            return []
        raise
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []


def _answer(told: Any) -> Mapping[str, Any]:
    answer = told.get("answer") if isinstance(told, dict) else None
    if not isinstance(answer, dict):
        raise Unreachable("unreadable")
    if told.get("status") == "SUCCESS":
        return answer
    code = str(answer.get("errorCode") or "error")[:20]
    raise (Unreachable if code in _FOR_NOW else CallRefused)(code)

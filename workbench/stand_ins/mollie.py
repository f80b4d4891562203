"""Stand-in for Mollie: the part of its interface that the shop calls, its payment page, and its unsigned messages.

It keeps everything in memory. Messages are sent twice, late and in any order if it is told so, as the real service may.
"""

from __future__ import annotations

import itertools
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from workbench.stand_ins.serving import Answering, Messages, send, serving

API_KEY = "test_standin"
# A key is forgotten after it.
KEY_HOLDS_FOR = timedelta(hours=1)
PAGE_OPEN_FOR = timedelta(minutes=15)
CHOICES = {"pay": "Pay", "later": "Pay by a bank that answers later", "fail": "Fail", "cancel": "Cancel"}
_STATUS = {"pay": "paid", "later": "pending", "fail": "failed", "cancel": "canceled"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Refused(Exception):
    """Error answered to a call, by its HTTP status."""

    def __init__(self, status: int, field_name: str = "") -> None:
        super().__init__(status)
        self.status, self.field_name = status, field_name


@dataclass
class Mollie(Messages[bytes]):
    """State of the stand-in, and its behaviour: that of its messages, and `forgets`: it has forgotten every key."""

    webhook: str = ""
    page_base: str = ""
    forgets: bool = False
    refunds_are: str = "refunded"
    payments: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, tuple[datetime, dict[str, Any]]] = field(default_factory=dict)
    numbers: Any = field(default_factory=itertools.count)

    def identity(self, prefix: str) -> str:
        return f"{prefix}_{next(self.numbers)}{secrets.token_hex(6)}"

    def get(self, identity: str) -> dict[str, Any]:
        if identity not in self.payments:
            raise Refused(404)
        return self.payments[identity]

    # --- Calls ---

    def create(self, asked: dict[str, Any]) -> dict[str, Any]:
        identity, now = self.identity("tr"), datetime.now(UTC)
        payment = {
            "resource": "payment",
            "id": identity,
            "mode": "test",
            "status": "open",
            "isCancelable": True,
            "createdAt": now.isoformat(timespec="seconds"),
            "expiresAt": (now + PAGE_OPEN_FOR).isoformat(timespec="seconds"),
            "amount": asked["amount"],
            "description": asked["description"],
            "redirectUrl": asked["redirectUrl"],
            "cancelUrl": asked.get("cancelUrl"),
            "webhookUrl": asked.get("webhookUrl"),
            "metadata": asked.get("metadata"),
            "_links": {"checkout": {"href": f"{self.page_base}/pay/{identity}", "type": "text/html"}},
            "_embedded": {"refunds": [], "chargebacks": []},
        }
        self.payments[identity] = payment
        return payment

    def cancel(self, payment: dict[str, Any]) -> dict[str, Any]:
        if payment["status"] != "open" or not payment["isCancelable"]:
            raise Refused(422)
        self.become(payment["id"], "canceled")
        return payment

    def refund(self, payment: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        refunds = payment["_embedded"]["refunds"]
        sent = sum(Decimal(each["amount"]["value"]) for each in refunds if each["status"] != "failed")
        if payment["status"] != "paid" or sent + Decimal(asked["amount"]["value"]) > Decimal(
            payment["amount"]["value"]
        ):
            raise Refused(422, "amount")
        refund = {
            "resource": "refund",
            "id": self.identity("re"),
            "paymentId": payment["id"],
            "status": self.refunds_are,
            "amount": asked["amount"],
            "metadata": asked.get("metadata"),
        }
        refunds.append(refund)
        self.tell(payment["id"])
        return refund

    # --- What happens outside of calls ---

    def become(self, identity: str, status: str) -> None:
        """Bring a payment to a status; nobody can pay it any more."""
        payment = self.get(identity)
        payment.update(status=status, isCancelable=False)
        payment["_links"].pop("checkout", None)
        if status == "paid":
            payment["paidAt"] = datetime.now(UTC).isoformat(timespec="seconds")
        self.tell(identity)

    def charge_back(self, identity: str) -> dict[str, Any]:
        """Have the customer's bank take the money back."""
        payment = self.get(identity)
        chargeback = {"id": self.identity("chb"), "amount": payment["amount"], "reversedAt": None}
        payment["_embedded"]["chargebacks"].append(chargeback)
        self.tell(identity)
        return chargeback

    # --- Messages ---

    def tell(self, identity: str) -> None:
        body = urlencode({"id": identity}).encode()
        self.keep(body)

    def send_messages(self) -> list[int]:
        """Send what waits; return the answers."""
        if not self.webhook:
            return []
        return [send(self.webhook, body, _FORM) for body in self.taken()]


class _Handler(Answering):
    mollie: Mollie
    service_name = "Mollie"

    def do_GET(self) -> None:
        self._serve("")

    def do_POST(self) -> None:
        self._serve(self.body())

    def do_DELETE(self) -> None:
        self._serve(self.body())

    def _serve(self, body: str) -> None:
        parts = urlsplit(self.path)
        path = parts.path.strip("/").split("/")
        if path[0] == "pay":
            return self._paying(path[1], parse_qs(body).get("choice", [""])[0])
        try:
            with self.mollie.lock:
                answer = self._once(path[1:], body, {name: each[0] for name, each in parse_qs(parts.query).items()})
        except (Refused, LookupError, ValueError) as error:
            refused = error if isinstance(error, Refused) else Refused(400)
            told = {"status": refused.status, "title": "Refused", "detail": "Refused"}
            return self.json(refused.status, told | ({"field": refused.field_name} if refused.field_name else {}))
        self.mollie.send_messages()
        if self.mollie.dies and self.command == "POST":
            self.close_connection = True
            return None
        return self.json(200, answer, "application/hal+json")

    def _once(self, path: list[str], body: str, query: dict[str, str]) -> dict[str, Any]:
        key = self.headers.get("Idempotency-Key", "") if self.command == "POST" else ""
        now = datetime.now(UTC)
        known = self.mollie.answers.get(key)
        if known and not self.mollie.forgets and now < known[0] + KEY_HOLDS_FOR:
            return known[1]
        answer = self._call(path, json.loads(body) if body else {}, query)
        if key:
            self.mollie.answers[key] = (now, answer)
        return answer

    def _call(self, path: list[str], asked: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
        mollie = self.mollie
        if self.headers.get("Authorization") != f"Bearer {API_KEY}":
            raise Refused(401)
        match self.command, path:
            case "GET", ["profiles", "me"]:
                return {"resource": "profile", "id": "pfl_standin", "mode": "test", "name": "Stand-in Academy"}
            case "POST", ["payments"]:
                return mollie.create(asked)
            case "GET", ["payments"]:
                return self._page_of(list(reversed(mollie.payments.values())), query)
            case "GET", ["payments", identity]:
                payment = mollie.get(identity)
                inner = {name: payment["_embedded"][name] for name in query.get("embed", "").split(",") if name}
                return payment | {"_embedded": inner}
            case "DELETE", ["payments", identity]:
                return mollie.cancel(mollie.get(identity))
            case "POST", ["payments", identity, "refunds"]:
                return mollie.refund(mollie.get(identity), asked)
            case "GET", ["payments", identity, "refunds"]:
                return _listed("refunds", mollie.get(identity)["_embedded"]["refunds"])
            case "GET", ["payments", identity, "refunds", refund]:
                for each in mollie.get(identity)["_embedded"]["refunds"]:
                    if each["id"] == refund:
                        return dict(each)
        raise Refused(404)

    def _page_of(self, payments: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
        limit = int(query.get("limit", 50))
        begin = [each["id"] for each in payments].index(query["from"]) if "from" in query else 0
        answer = _listed("payments", payments[begin : begin + limit])
        if begin + limit < len(payments):
            following = urlencode({"limit": limit, "from": payments[begin + limit]["id"]})
            answer["_links"]["next"] = {"href": f"{mollie_base(self.mollie)}/payments?{following}"}
        return answer

    def _paying(self, identity: str, choice: str) -> None:
        """Show the customer's page, or do what they chose."""
        try:
            payment = self.mollie.get(identity)
        except Refused:
            return self.json(404, {})
        text = f"{payment['description']}: {payment['amount']['value']} {payment['amount']['currency']}"
        if choice in CHOICES and payment["status"] == "open":
            with self.mollie.lock:
                self.mollie.become(identity, _STATUS[choice])
            self.mollie.send_messages()
            return self.redirect(payment["cancelUrl"] if choice == "cancel" else payment["redirectUrl"])
        if choice == "back":
            return self.redirect(payment["redirectUrl"])
        if payment["status"] != "open":
            return self.page("This page is closed", text, {"back": "Back to the shop"})
        return self.page("Pay", text, CHOICES)


def mollie_base(mollie: Mollie) -> str:
    return f"{mollie.page_base}/v2"


def _listed(name: str, things: list[dict[str, Any]]) -> dict[str, Any]:
    return {"count": len(things), "_embedded": {name: things}, "_links": {}}


def settings(address: str) -> dict[str, str]:
    """Return the variables by which the shop knows the stand-in."""
    return {"MOLLIE_API_KEY": API_KEY, "MOLLIE_API_BASE": address}


@contextmanager
def running(mollie: Mollie, *, port: int = 0) -> Iterator[str]:
    """Run the stand-in within the block; give its address."""
    with serving(type("Handler", (_Handler,), {"mollie": mollie}), port=port) as address:
        mollie.page_base = address
        yield address

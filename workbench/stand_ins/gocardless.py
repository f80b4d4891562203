"""Stand-in for GoCardless: the part of its interface that the shop calls, its page, and its signed messages.

It keeps everything in memory. Messages are sent twice, late and in any order if it is told so, as the real service may.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from workbench.stand_ins.serving import Answering, Messages, send, serving

ACCESS_TOKEN = "sandbox_standin"  # noqa: S105 - of an account that exists nowhere
WEBHOOK_SECRET = "standin-of-the-webhook"  # noqa: S105
CHOICES = {
    "agree": "Allow the debit; the bank pays",
    "wait": "Allow the debit; the bank answers later",
    "refuse": "Allow the debit; the bank refuses",
    "leave": "Back to the shop",
}
# What becomes of the payment made for a mandate, by what was chosen on the page.
_BECOMES = {"agree": "confirmed", "refuse": "failed"}
_KINDS = {"billing_requests": "BRQ", "payments": "PM", "refunds": "RF", "billing_request_flows": "BRF", "events": "EV"}
_LINKS = {"billing_requests": "billing_request", "payments": "payment", "refunds": "refund"}


class Refused(Exception):
    """Error answered to a call: its HTTP status, its type, and one reason with the thing concerned."""

    def __init__(self, status: int, kind: str = "invalid_api_usage", reason: str = "", thing: str = "") -> None:
        super().__init__(kind)
        self.status, self.kind, self.reason, self.thing = status, kind, reason, thing

    @property
    def told(self) -> dict[str, Any]:
        link = {"conflicting_resource_id": self.thing} if self.thing else {}
        one = {"reason": self.reason, "message": "Refused", "links": link}
        return {"error": {"message": "Refused", "type": self.kind, "code": self.status, "errors": [one]}}


@dataclass
class GoCardless(Messages[bytes]):
    """State of the stand-in, and its behaviour: that of its messages, and `forgets`: it has forgotten every key."""

    webhook: str = ""
    page_base: str = ""
    forgets: bool = False
    refunds_are: str = "paid"
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[tuple[str, str], str] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def get(self, identity: str) -> dict[str, Any]:
        if identity not in self.things:
            raise Refused(404, reason="resource_not_found")
        return self.things[identity]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return all things of a kind, the newest first."""
        prefix = _KINDS[kind]
        found = [thing for name, thing in self.things.items() if name.rstrip("0123456789") == prefix]
        return list(reversed(found))

    def new(self, kind: str, **values: Any) -> dict[str, Any]:
        identity = f"{_KINDS[kind]}{next(self.numbers):06}"
        self.things[identity] = {"id": identity, "created_at": _now(), "metadata": {}, "links": {}} | values
        return self.things[identity]

    # --- Calls ---

    def create(self, kind: str, asked: dict[str, Any]) -> dict[str, Any]:
        match kind:
            case "billing_requests":
                return self.new(kind, status="pending", metadata=asked["metadata"], asked=asked)
            case "billing_request_flows":
                request = self.get(asked["links"]["billing_request"])
                if request["status"] != "pending":
                    raise Refused(422, "invalid_state", "billing_request_not_pending")
                flow = self.new(kind, links=asked["links"], asked=asked)
                return flow | {"authorisation_url": f"{self.page_base}/pay/{flow['id']}"}
            case "payments":
                made = {"status": "pending_submission", "amount_refunded": "0", "amount": asked["amount"]}
                payment = self.new(kind, **made, **_told(asked, "currency", "description", "links", "metadata"))
                self.happen("payments", payment["id"], "created")
                self._answer_at_once(payment)
                return payment
            case "refunds":
                return self.refund(asked)
        raise Refused(404)

    def refund(self, asked: dict[str, Any]) -> dict[str, Any]:
        payment = self.get(asked["links"]["payment"])
        total = int(payment["amount_refunded"]) + int(asked["amount"])
        if payment["status"] not in ("confirmed", "paid_out") or total > int(payment["amount"]):
            raise Refused(422, "validation_failed", "refund_payment_invalid_state")
        if total != asked["total_amount_confirmation"]:
            raise Refused(422, "validation_failed", "total_amount_confirmation_invalid")
        payment["amount_refunded"] = str(total)
        refund = self.new("refunds", status=self.refunds_are, **_told(asked, "amount", "links", "metadata"))
        self.happen("refunds", refund["id"], self.refunds_are)
        return refund

    def cancel(self, kind: str, thing: dict[str, Any]) -> dict[str, Any]:
        if thing["status"] not in ("pending", "pending_submission"):
            raise Refused(422, "invalid_state", "cancellation_failed")
        thing["status"] = "cancelled"
        self.happen(kind, thing["id"], "cancelled")
        return thing

    # --- What happens outside of calls ---

    def agree(self, identity: str) -> None:
        """Have the customer give the mandate that a billing request asks for."""
        request = self.get(identity)
        request["status"] = "fulfilled"
        request["links"]["mandate_request_mandate"] = f"MD{next(self.numbers):06}"
        self.happen("billing_requests", identity, "fulfilled")

    def _answer_at_once(self, payment: dict[str, Any]) -> None:
        """Have the bank answer a payment now, as the customer chose on the page."""
        mandate = payment["links"].get("mandate")
        for request in self.of("billing_requests"):
            if request["links"].get("mandate_request_mandate") == mandate and request.get("then"):
                self.become(payment["id"], request["then"])

    def become(self, payment: str, status: str, *, action: str = "") -> None:
        """Bring a payment to a status, and tell of it under that name or another one."""
        self.get(payment)["status"] = status
        self.happen("payments", payment, action or status)

    def payment_of(self, request: str) -> dict[str, Any]:
        """Return the payment that was made for a billing request."""
        return next(each for each in self.of("payments") if each["metadata"].get("request") == request)

    # --- Messages ---

    def happen(self, kind: str, identity: str, action: str) -> None:
        event = self.new("events", action=action, resource_type=kind, links={_LINKS[kind]: identity})
        self.tell(event)

    def tell(self, *events: dict[str, Any]) -> None:
        """Keep a message about some events for sending."""
        body = json.dumps({"events": list(events), "meta": {"webhook_id": f"WB{next(self.numbers):06}"}}).encode()
        self.keep(body)

    def send_messages(self) -> list[int]:
        """Send what waits; return the answers."""
        if not self.webhook:
            return []
        return [send(self.webhook, body, signed(body)) for body in self.taken()]


def signed(body: bytes, *, secret: str = WEBHOOK_SECRET) -> Mapping[str, str]:
    """Return the headers of a message."""
    right = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"Webhook-Signature": right, "Content-Type": "application/json"}


class _Handler(Answering):
    gocardless: GoCardless
    service_name = "GoCardless"

    def do_GET(self) -> None:
        self._serve("")

    def do_POST(self) -> None:
        self._serve(self.body())

    def _serve(self, body: str) -> None:
        parts = urlsplit(self.path)
        path = parts.path.strip("/").split("/")
        if path[0] == "pay":
            return self._paying(path[1], parse_qs(body).get("choice", [""])[0])
        query = {name: each[0] for name, each in parse_qs(parts.query).items()}
        status = 200
        try:
            with self.gocardless.lock:
                answer = self._call(path, json.loads(body) if body else {}, query)
        except Refused as refused:
            status, answer = refused.status, refused.told
        except (LookupError, ValueError):
            status, answer = 400, Refused(400).told
        self.gocardless.send_messages()
        if self.gocardless.dies and self.command == "POST":
            self.close_connection = True
            return None
        return self.json(status, answer)

    def _call(self, path: list[str], asked: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
        service = self.gocardless
        if self.headers.get("Authorization") != f"Bearer {ACCESS_TOKEN}":
            raise Refused(401, "invalid_api_usage", "access_token_not_found")
        match self.command, path:
            case "GET", ["creditors"]:
                return {"creditors": [{"id": "CR1", "name": "Stand-in Academy"}]}
            case "POST", [kind]:
                return {kind: self._once(kind, asked[kind])}
            case "GET", [kind]:
                return _page(kind, [each for each in service.of(kind) if _matches(each, query)], query)
            case "GET", [kind, identity]:
                return {kind: service.get(identity)}
            case "POST", [kind, identity, "actions", "cancel"]:
                return {kind: service.cancel(kind, service.get(identity))}
        raise Refused(404)

    def _once(self, kind: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Make a thing, once for a key; pages know no keys."""
        service, key = self.gocardless, (kind, self.headers.get("Idempotency-Key", ""))
        if kind != "billing_request_flows" and key in service.keys and not service.forgets:
            raise Refused(409, "invalid_state", "idempotent_creation_conflict", service.keys[key])
        made = service.create(kind, asked)
        service.keys[key] = made["id"]
        return made

    def _paying(self, identity: str, choice: str) -> None:
        """Show the customer's page, or do what they chose."""
        service = self.gocardless
        flow = service.things.get(identity)
        if flow is None:
            return self.json(404, {})
        request = service.get(flow["links"]["billing_request"])
        text = f"{request['metadata'].get('order')}: {int(request['metadata'].get('amount', 0)) / 100:.2f} EUR"
        if choice == "leave":
            return self.redirect(flow["asked"]["exit_uri"])
        if request["status"] != "pending":
            return self.page("This page is closed", text, {"leave": "Back to the shop"})
        if choice in ("agree", "wait", "refuse"):
            with service.lock:
                request["then"] = _BECOMES.get(choice, "")
                service.agree(request["id"])
            service.send_messages()
            return self.redirect(flow["asked"]["redirect_uri"])
        return self.page("Allow a direct debit", text, CHOICES)


def _told(asked: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: asked[name] for name in names if name in asked}


def _matches(thing: dict[str, Any], query: dict[str, str]) -> bool:
    links = all(thing["links"].get(name) == query[name] for name in ("mandate", "payment") if name in query)
    return links and thing["created_at"] >= query.get("created_at[gte]", "")


def _page(kind: str, things: list[dict[str, Any]], query: dict[str, str]) -> dict[str, Any]:
    limit = int(query.get("limit", 50))
    begin = [each["id"] for each in things].index(query["after"]) + 1 if "after" in query else 0
    shown = things[begin : begin + limit]
    after = shown[-1]["id"] if begin + limit < len(things) else None
    return {kind: shown, "meta": {"cursors": {"before": None, "after": after}, "limit": limit}}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def settings(address: str) -> dict[str, str]:
    """Return the variables by which the shop knows the stand-in."""
    return {
        "GOCARDLESS_ACCESS_TOKEN": ACCESS_TOKEN,
        "GOCARDLESS_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "GOCARDLESS_API_BASE": address,
    }


@contextmanager
def running(gocardless: GoCardless, *, port: int = 0) -> Iterator[str]:
    """Run the stand-in within the block; give its address."""
    with serving(type("Handler", (_Handler,), {"gocardless": gocardless}), port=port) as address:
        gocardless.page_base = address
        yield address

"""Stand-in for Stripe: the part of its interface that the shop calls, its payment page, and its signed messages.

It keeps everything in memory. Messages are sent twice, late and in any order if it is told so, as the real service may.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from workbench.stand_ins.serving import Answering, Messages, send, serving

SECRET_KEY = "sk_test_stand_in"  # noqa: S105 - of an account that exists nowhere
WEBHOOK_SECRET = "whsec_stand_in"  # noqa: S105
SESSION_SECONDS = 24 * 3600
CHOICES = {
    "pay": "Pay",
    "secure": "Pay with a card that asks for 3-D Secure",
    "later": "Pay by a bank that answers later",
    "decline": "Pay with a card that is declined",
}


# Of a page that saves a card: what becomes of charging it.
CARDS = {
    "save": "Save the card",
    "save_asking": "Save a card whose bank asks each time",
    "save_empty": "Save a card that will be refused",
}
_REFUSALS = {"asking": ("authentication_required", ""), "empty": ("card_declined", "insufficient_funds")}


class Refused(Exception):
    """Error answered to a call, by its code."""


@dataclass
class Stripe(Messages[bytes]):
    """State of the stand-in, and its behaviour, which is that of its messages."""

    webhook: str = ""
    page_base: str = ""
    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    numbers: Any = field(default_factory=itertools.count)

    def new(self, prefix: str, **values: Any) -> dict[str, Any]:
        identity = f"{prefix}_test_{next(self.numbers)}{secrets.token_hex(8)}"
        thing = {"id": identity, "created": int(time.time()), "livemode": False, **values}
        self.things[identity] = thing
        return thing

    def get(self, identity: str) -> dict[str, Any]:
        if identity not in self.things:
            raise Refused("resource_missing")
        return self.things[identity]

    def of(self, prefix: str) -> list[dict[str, Any]]:
        """Return all things of a kind, the newest first."""
        found = [thing for identity, thing in self.things.items() if identity.startswith(f"{prefix}_")]
        return list(reversed(found))

    # --- Calls ---

    def create_session(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked.get("mode") == "setup":
            return self._create_setup(asked)
        price = asked["line_items"]["0"]["price_data"]
        session = self.new(
            "cs",
            object="checkout.session",
            mode="payment",
            status="open",
            payment_status="unpaid",
            amount_total=int(price["unit_amount"]),
            currency=price["currency"],
            metadata=asked.get("metadata", {}),
            payment_intent=None,
            success_url=asked["success_url"],
            cancel_url=asked["cancel_url"],
            title=price["product_data"]["name"],
            expires_at=int(time.time()) + SESSION_SECONDS,
        )
        session["url"] = f"{self.page_base}/pay/{session['id']}"
        return session

    def _create_setup(self, asked: dict[str, Any]) -> dict[str, Any]:
        session = self.new(
            "cs",
            object="checkout.session",
            mode="setup",
            status="open",
            payment_status="no_payment_required",
            amount_total=None,
            currency=None,
            metadata=asked.get("metadata", {}),
            payment_intent=None,
            setup_intent=None,
            customer=None,
            success_url=asked["success_url"],
            cancel_url=asked["cancel_url"],
            title="Save a card",
            expires_at=int(time.time()) + SESSION_SECONDS,
        )
        session["url"] = f"{self.page_base}/pay/{session['id']}"
        return session

    def charge_card(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Charge a saved card; return the intent, or the error that tells of its refusal."""
        method = self.get(asked["payment_method"])
        if method["customer"] != asked["customer"] or asked.get("off_session") != "true":
            raise Refused("payment_method_invalid")
        code, reason = _REFUSALS.get(method["behaves"], ("", ""))
        intent = self.new(
            "pi",
            object="payment_intent",
            status="requires_payment_method" if code else "succeeded",
            amount=int(asked["amount"]),
            currency=asked["currency"],
            metadata=asked.get("metadata", {}),
        )
        if not code:
            return intent
        error = {"type": "card_error", "code": code, "message": code, "payment_intent": dict(intent)}
        return {"error": error | ({"decline_code": reason} if reason else {})}

    def cancel_intent(self, intent: dict[str, Any]) -> dict[str, Any]:
        if not intent["status"].startswith("requires_"):
            raise Refused("payment_intent_unexpected_state")
        intent.update(status="canceled")
        return intent

    def save_card(self, identity: str, choice: str = "save") -> dict[str, Any]:
        """Have the customer save a card on a page."""
        session = self.get(identity)
        if session["status"] != "open":
            raise Refused("session_not_open")
        customer = self.new("cus", object="customer")
        behaves = choice.partition("_")[2]
        kept = {"customer": customer["id"], "behaves": behaves, "card": {"last4": "4242"}}
        method = self.new("pm", object="payment_method", **kept)
        setup = self.new("seti", object="setup_intent", status="succeeded", payment_method=method)
        session.update(status="complete", customer=customer["id"], setup_intent=setup, url=None)
        self.tell("checkout.session.completed", session)
        return session

    def expire(self, session: dict[str, Any]) -> dict[str, Any]:
        if session["status"] != "open":
            raise Refused("session_not_open")
        session.update(status="expired", url=None)
        self.tell("checkout.session.expired", session)
        return session

    def create_refund(self, asked: dict[str, Any]) -> dict[str, Any]:
        intent = self.get(asked["payment_intent"])
        amount = int(asked["amount"])
        if intent["status"] != "succeeded" or amount > intent["amount"] - self.refunded(intent["id"]):
            raise Refused("charge_already_refunded")
        refund = self.new(
            "re",
            object="refund",
            status=intent.get("refunds_are", "succeeded"),
            amount=amount,
            currency=intent["currency"],
            payment_intent=intent["id"],
            metadata=asked.get("metadata", {}),
            failure_reason=None,
        )
        self.tell("refund.created", refund)
        return refund

    def refunded(self, intent: str) -> int:
        """Return the sum of a payment's refunds that did not fail."""
        return sum(
            refund["amount"]
            for refund in self.of("re")
            if refund["payment_intent"] == intent and refund["status"] != "failed"
        )

    # --- What happens outside of calls ---

    def pay(self, identity: str, choice: str) -> dict[str, Any]:
        """Have the customer pay a session; a declined card leaves it open."""
        session = self.get(identity)
        if session["status"] != "open":
            raise Refused("session_not_open")
        if choice == "decline":
            return session
        is_late = choice == "later"
        intent = self.new(
            "pi",
            object="payment_intent",
            status="processing" if is_late else "succeeded",
            amount=session["amount_total"],
            currency=session["currency"],
            metadata={},
        )
        session.update(
            status="complete",
            payment_status="unpaid" if is_late else "paid",
            payment_intent=intent["id"],
            url=None,
        )
        self.tell("checkout.session.completed", session)
        return session

    def answer_late(self, identity: str, *, success: bool) -> None:
        """Have the bank answer a payment that was under way."""
        session = self.get(identity)
        self.get(session["payment_intent"])["status"] = "succeeded" if success else "requires_payment_method"
        session["payment_status"] = "paid" if success else "unpaid"
        self.tell(f"checkout.session.async_payment_{'succeeded' if success else 'failed'}", session)

    def fail_refund(self, identity: str) -> None:
        refund = self.get(identity)
        refund.update(status="failed", failure_reason="lost_or_stolen_card")
        self.tell("refund.failed", refund)

    def dispute(self, session_id: str, *, status: str = "needs_response") -> dict[str, Any]:
        """Have the customer's bank ask the money back, or decide about it."""
        session = self.get(session_id)
        known = [each for each in self.of("dp") if each["payment_intent"] == session["payment_intent"]]
        dispute = known[0] if known else self.new("dp", object="dispute")
        dispute.update(
            status=status,
            amount=session["amount_total"],
            currency=session["currency"],
            payment_intent=session["payment_intent"],
        )
        self.tell("charge.dispute.closed" if status in ("won", "lost") else "charge.dispute.created", dispute)
        return dispute

    # --- Messages ---

    def tell(self, kind: str, thing: dict[str, Any]) -> None:
        event = {"id": f"evt_{secrets.token_hex(8)}", "object": "event", "type": kind, "data": {"object": thing}}
        body = json.dumps(event).encode()
        self.keep(body)

    def send_messages(self) -> list[int]:
        """Send what waits; return the answers."""
        if not self.webhook:
            return []
        return [send(self.webhook, body, _headers(body)) for body in self.taken()]


def signature(body: bytes, *, secret: str = WEBHOOK_SECRET, at: int | None = None) -> str:
    """Return the header by which Stripe signs a message."""
    moment = int(time.time()) if at is None else at
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={signed}"


def _headers(body: bytes) -> dict[str, str]:
    return {"Content-Type": "application/json", "Stripe-Signature": signature(body)}


def unfold(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """Return what a call asks: `a[b][c]=d` as {"a": {"b": {"c": "d"}}}."""
    asked: dict[str, Any] = {}
    for name, value in pairs:
        inner = asked
        *path, last = name.replace("]", "").split("[")
        for part in path:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return asked


class _Handler(Answering):
    stripe: Stripe
    service_name = "Stripe"

    def do_GET(self) -> None:
        self._serve({})

    def do_POST(self) -> None:
        self._serve(unfold(parse_qsl(self.body(), keep_blank_values=True)))

    def _serve(self, posted: dict[str, Any]) -> None:
        parts = urlsplit(self.path)
        path = parts.path.strip("/").split("/")
        asked = posted or unfold(parse_qsl(parts.query))
        if path[0] == "pay":
            return self._page(path[1], posted.get("choice", ""))
        key = self.headers.get("Idempotency-Key", "") if self.command == "POST" else ""
        try:
            with self.stripe.lock:
                answer = self._once(key, json.dumps(asked), lambda: self._call(path[1:], asked))
        except (Refused, LookupError, ValueError) as error:
            code = str(error) if isinstance(error, Refused) else "parameter_invalid"
            return self.json(400, {"error": {"type": "invalid_request_error", "code": code, "message": code}})
        self.stripe.send_messages()
        if self.stripe.dies and self.command == "POST":
            self.close_connection = True
            return None
        return self.json(402 if "error" in answer else 200, answer)

    def _once(self, key: str, asked: str, call: Any) -> dict[str, Any]:
        if key in self.stripe.answers:
            before, answer = self.stripe.answers[key]
            if before != asked:
                raise Refused("idempotency_error")
            return answer
        answer = dict(call())
        if key:
            self.stripe.answers[key] = (asked, answer)
        return answer

    def _call(self, path: list[str], asked: dict[str, Any]) -> dict[str, Any]:
        stripe, is_post = self.stripe, self.command == "POST"
        if self.headers.get("Authorization") != f"Bearer {SECRET_KEY}":
            raise Refused("api_key_invalid")
        match path:
            case ["balance"]:
                return {"object": "balance", "livemode": False}
            case ["account"]:
                return {"id": "acct_stand_in", "object": "account", "business_profile": {"name": "Stand-in Academy"}}
            case ["checkout", "sessions"]:
                return stripe.create_session(asked) if is_post else self._list(stripe.of("cs"), asked)
            case ["checkout", "sessions", identity]:
                return self._expanded(stripe.get(identity), asked)
            case ["checkout", "sessions", identity, "expire"]:
                return stripe.expire(stripe.get(identity))
            case ["payment_intents"]:
                return stripe.charge_card(asked) if is_post else self._list(stripe.of("pi"), asked)
            case ["payment_intents", identity, "cancel"]:
                return stripe.cancel_intent(stripe.get(identity))
            case ["payment_intents", identity]:
                return stripe.get(identity)
            case ["refunds"]:
                return stripe.create_refund(asked) if is_post else self._list(stripe.of("re"), asked)
            case ["disputes"]:
                return self._list(stripe.of("dp"), asked)
            case ["refunds" | "disputes", identity]:
                return stripe.get(identity)
        raise Refused("resource_missing")

    def _expanded(self, session: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
        if "payment_intent" in asked.get("expand", {}).values() and session["payment_intent"]:
            return session | {"payment_intent": self.stripe.get(session["payment_intent"])}
        return session

    def _list(self, things: list[dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
        if "payment_intent" in asked:
            things = [thing for thing in things if thing["payment_intent"] == asked["payment_intent"]]
        between = asked.get("created", {})
        least, most = int(between.get("gte", 0)), int(between.get("lte", 1 << 60))
        things = [thing for thing in things if least <= thing["created"] <= most]
        if "starting_after" in asked:
            ids = [thing["id"] for thing in things]
            things = things[ids.index(asked["starting_after"]) + 1 :]
        limit = int(asked.get("limit", 10))
        return {"object": "list", "data": things[:limit], "has_more": len(things) > limit, "url": self.path}

    # --- The page of the customer ---

    def _page(self, identity: str, choice: str) -> None:
        try:
            session = self.stripe.get(identity)
            text = str(session["title"])
            if session["mode"] == "payment":
                text = f"{text}: {session['amount_total']} {session['currency'].upper()} (minor units)"
            if choice == "back":
                return self.redirect(session["cancel_url"])
            if choice == "secure":
                return self.page("3-D Secure", "Your bank asks: is it you?", {"pay": "Yes", "decline": "No"})
            if choice in CARDS and session["mode"] == "setup":
                with self.stripe.lock:
                    self.stripe.save_card(identity, choice)
                self.stripe.send_messages()
                return self.redirect(session["success_url"])
            if choice in CHOICES and session["mode"] == "payment":
                with self.stripe.lock:
                    self.stripe.pay(identity, choice)
                self.stripe.send_messages()
                if choice != "decline":
                    return self.redirect(session["success_url"])
                text = f"Your card was declined. {text}"
            if session["status"] != "open":
                return self.page("This page is closed", text, {"back": "Back to the shop"})
            choices = CHOICES if session["mode"] == "payment" else CARDS
            return self.page("Pay", text, choices | {"back": "Back to the shop"})
        except Refused as refusal:
            return self.json(404, {"error": str(refusal)})


def settings(base: str) -> dict[str, str]:
    """Return the shop's settings for the stand-in at an address."""
    return {"STRIPE_SECRET_KEY": SECRET_KEY, "STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET, "STRIPE_API_BASE": base}


@contextmanager
def running(stripe: Stripe) -> Iterator[str]:
    """Run the stand-in within the block; give its address."""
    with serving(type("Handler", (_Handler,), {"stripe": stripe})) as address:
        stripe.page_base = address
        yield address

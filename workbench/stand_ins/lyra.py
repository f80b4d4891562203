"""Stand-in for the platforms of Lyra: the payment page, the signed messages, and the part of the REST service that the
shop calls.

It keeps everything in memory. Messages are sent twice, late and in any order if it is told so, as the real service may.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from workbench.stand_ins.serving import Answering, Messages, send, serving

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SITE_ID = "12345678"
FORM_KEY = "form_key_of_the_stand_in"
API_PASSWORD = "testpassword_stand_in"  # noqa: S105 - of an account that exists nowhere
CURRENCIES = {"978": "EUR", "840": "USD", "826": "GBP", "756": "CHF", "392": "JPY", "414": "KWD"}
CHOICES = {
    "pay": "Pay",
    "secure": "Pay with a card that asks for 3-D Secure",
    "later": "Pay by a bank that answers later",
    "decline": "Pay with a card that is declined",
}
_STATES = {
    "pay": ("PAID", "AUTHORISED"),
    "later": ("RUNNING", "WAITING_AUTHORISATION"),
    "decline": ("UNPAID", "REFUSED"),
}


class Refused(Exception):
    """Error answered to a call or a form, by its code."""


@dataclass
class Lyra(Messages[tuple[str, bytes]]):
    """State of the stand-in, and its behaviour, which is that of its messages; `dies` is asked of calls that send money
    back alone."""

    base: str = ""
    refunds_are: tuple[str, str] = ("PAID", "CAPTURED")
    forms: dict[str, dict[str, str]] = field(default_factory=dict)
    transactions: dict[str, dict[str, Any]] = field(default_factory=dict)

    # --- The page of the customer ---

    def open(self, fields: Mapping[str, str]) -> str:
        """Take a posted form; return the name of its page."""
        if not hmac.compare_digest(sign(fields), fields.get("signature", "")):
            raise Refused("00: signature")
        if fields["vads_site_id"] != SITE_ID or fields["vads_currency"] not in CURRENCIES:
            raise Refused("02: field")
        name = uuid.uuid4().hex
        self.forms[name] = dict(fields)
        return name

    def pay(self, form: str, choice: str = "pay", *, units: int | None = None) -> dict[str, Any]:
        """Have the customer pay by an open page; of one number of the day one transaction is made at most."""
        fields = self.forms[form]
        name = [fields["vads_trans_date"][:8], fields["vads_trans_id"].lower()]
        if any(each["name"] == name and each["status"] != "UNPAID" for each in self.transactions.values()):
            raise Refused("05: transaction known")
        status, detailed = _STATES[choice]
        made = self._make(
            name=name,
            form=form,
            operationType="DEBIT",
            orderId=fields["vads_order_id"],
            amount=int(fields["vads_amount"]) if units is None else units,
            currency=CURRENCIES[fields["vads_currency"]],
            status=status,
            detailedStatus=detailed,
        )
        self.tell(made)
        return made

    def abandon(self, form: str) -> None:
        """Have the customer leave the page: a message without a transaction."""
        self._queue(form, {"vads_trans_status": "ABANDONED", "vads_url_check_src": "PAY"})

    # --- What happens outside of calls ---

    def become(self, identity: str, status: str, detailed: str) -> None:
        """Have a transaction change, and tell it."""
        self.get(identity).update(status=status, detailedStatus=detailed)
        self.tell(self.get(identity), source="BATCH_AUTO")

    def capture(self, identity: str) -> None:
        """Let the night come."""
        self.get(identity).update(status="PAID", detailedStatus="CAPTURED")

    def refund(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Cancel a payment that is not captured yet, or make a refund."""
        debit = self.get(asked["uuid"])
        units, mode = int(asked.get("amount", debit["amount"])), asked.get("resolutionMode", "AUTO")
        if debit["detailedStatus"] == "AUTHORISED" and mode != "REFUND_ONLY":
            debit.update(status="UNPAID", detailedStatus="CANCELLED")
            self.tell(debit, source="BO")
            return debit
        left = debit["amount"] - sum(
            each["amount"]
            for each in self.transactions.values()
            if each.get("parent") == debit["uuid"] and each["status"] != "UNPAID"
        )
        if debit["detailedStatus"] != "CAPTURED" or mode == "CANCELLATION_ONLY" or units > left:
            raise Refused("PSP_083")
        status, detailed = self.refunds_are
        made = self._make(
            name=None,
            form=debit["form"],
            parent=debit["uuid"],
            operationType="CREDIT",
            orderId=debit["orderId"],
            amount=units,
            currency=debit["currency"],
            status=status,
            detailedStatus=detailed,
            transactionDetails={"parentTransactionUuid": debit["uuid"]},
        )
        self.tell(made, source="BO")
        return made

    def get(self, identity: str) -> dict[str, Any]:
        if identity not in self.transactions:
            raise Refused("PSP_010")
        return self.transactions[identity]

    def of_order(self, order_id: str) -> list[dict[str, Any]]:
        found = [each for each in self.transactions.values() if each["orderId"] == order_id]
        if not found:
            raise Refused("PSP_010")
        return found

    def _make(self, **values: Any) -> dict[str, Any]:
        created = f"{time.strftime('%Y-%m-%dT%H:%M:%S')}.{len(self.transactions):06}"
        made = {"uuid": uuid.uuid4().hex, "creationDate": created, "transactionDetails": {}, **values}
        self.transactions[made["uuid"]] = made
        return made

    # --- Messages ---

    def tell(self, transaction: Mapping[str, Any], source: str = "PAY") -> None:
        """Queue the message about a transaction."""
        told = {
            "vads_amount": str(transaction["amount"]),
            "vads_operation_type": transaction["operationType"],
            "vads_trans_status": transaction["detailedStatus"],
            "vads_trans_uuid": transaction["uuid"],
            "vads_url_check_src": source,
        }
        self._queue(transaction["form"], told)

    def _queue(self, form: str, told: Mapping[str, str]) -> None:
        asked = self.forms[form]
        sent = {name: value for name, value in asked.items() if name.startswith("vads_")}
        body = message({**sent, "vads_hash": uuid.uuid4().hex, **told})
        self.keep((asked.get("vads_url_check", ""), body))

    def send_messages(self) -> list[int]:
        """Send what waits; return the answers."""
        return [send(address, body, _FORM) for address, body in self.taken() if address]


def sign(fields: Mapping[str, str], *, key: str = FORM_KEY) -> str:
    """Return the signature by which the platform signs, and which it asks of forms."""
    values = [value for name, value in sorted(fields.items()) if name.startswith("vads_")]
    digest = hmac.new(key.encode(), "+".join([*values, key]).encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def message(fields: Mapping[str, str], *, key: str = FORM_KEY) -> bytes:
    """Return the signed body of a message."""
    return urlencode({**fields, "signature": sign(fields, key=key)}).encode()


class _Handler(Answering):
    lyra: Lyra
    service_name = "Lyra"

    def do_POST(self) -> None:
        body = self.body()
        path = self.path.strip("/").split("/")
        try:
            with self.lyra.lock:
                if path[0] == "api-payment":
                    return self._api("/".join(path[2:]), json.loads(body))
                posted = dict(parse_qsl(body, keep_blank_values=True))
                if path[0] == "vads-payment":
                    return self._choices(self.lyra.open(posted))
                return self._choose(path[1], posted.get("choice", ""))
        except Refused as refusal:
            self.page("Refused", str(refusal), {})
        finally:
            self.lyra.send_messages()

    # --- The REST service: an error, too, is answered with 200 ---

    def _api(self, service: str, asked: dict[str, Any]) -> None:
        try:
            answer = self._call(service, asked)
        except (Refused, KeyError, TypeError, ValueError) as error:
            code = str(error) if isinstance(error, Refused) else "INT_009"
            return self.json(200, {"status": "ERROR", "answer": {"errorCode": code, "errorMessage": code}})
        if self.lyra.dies and service == "Transaction/CancelOrRefund":
            self.close_connection = True
            return None
        return self.json(200, {"status": "SUCCESS", "answer": answer})

    def _call(self, service: str, asked: dict[str, Any]) -> dict[str, Any]:
        expected = base64.b64encode(f"{SITE_ID}:{API_PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != f"Basic {expected}":
            raise Refused("INT_905")
        match service:
            case "Charge/SDKTest":
                return {"value": asked["value"]}
            case "Order/Get":
                return {"orderId": asked["orderId"], "transactions": self.lyra.of_order(asked["orderId"])}
            case "Transaction/Get":
                return self.lyra.get(asked["uuid"])
            case "Transaction/CancelOrRefund":
                return self.lyra.refund(asked)
        raise Refused("INT_001")

    # --- The page ---

    def _choices(self, form: str) -> None:
        fields = self.lyra.forms[form]
        currency = CURRENCIES[fields["vads_currency"]]
        text = f"{fields.get('vads_order_info', '')}: {fields['vads_amount']} {currency} (minor units)"
        self.page("Pay", text, CHOICES | {"back": "Back to the shop"}, action=f"/page/{form}")

    def _choose(self, form: str, choice: str) -> None:
        fields = self.lyra.forms[form]
        if choice == "back":
            self.lyra.abandon(form)
            return self.redirect(fields["vads_url_cancel"])
        if choice == "secure":
            return self.page(
                "3-D Secure", "Your bank asks: is it you?", {"pay": "Yes", "decline": "No"}, action=f"/page/{form}"
            )
        self.lyra.pay(form, choice)
        # The customer may be back before the message is there: it is sent after this answer.
        return self.redirect(fields["vads_url_return"])


def settings(base: str) -> dict[str, str]:
    """Return the shop's settings for the stand-in at an address."""
    return {
        "LYRA_PAGE_URL": f"{base}/vads-payment/",
        "LYRA_API_URL": base,
        "LYRA_SITE_ID": SITE_ID,
        "LYRA_FORM_KEY": FORM_KEY,
        "LYRA_API_PASSWORD": API_PASSWORD,
        "LYRA_MODE": "TEST",
    }


@contextmanager
def running(lyra: Lyra) -> Iterator[str]:
    """Run the stand-in within the block; give its address."""
    with serving(type("Handler", (_Handler,), {"lyra": lyra})) as address:
        lyra.base = address
        yield address

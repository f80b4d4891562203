"""Personal data in bank accounts to which money went back: blanked once nothing is under way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.personal_data import Person, Record, Value, hold
from shop.payments.refunds.models import Refund
from shop.payments.transfers_back.models import PayeeAccount

COLUMNS = ("secrets", "ends_with")
BLANK: dict[str, object] = {"secrets": {}, "ends_with": ""}


def is_needed() -> Exists:
    """Return the condition that money is still on its way to the account."""
    return Exists(Refund.objects.open().filter(payee=OuterRef("pk")))


def _of(person: Person) -> QuerySet[PayeeAccount]:
    theirs = Q(order__buyer=person.key) | Q(order__contact_email__in=person.emails) | Q(typed_by=person.key)
    return PayeeAccount.objects.filter(theirs).exclude(secrets={})


def describe(person: Person) -> Iterator[Record]:
    for account in _of(person).select_related("order").order_by("pk"):
        yield (
            Value(name="order", label=str(_("order")), value=account.order.number if account.order else ""),
            Value(name="holder", label=str(_("Account holder")), value=account.holder),
            Value(name="iban", label=str(_("IBAN")), value=account.masked),
        )


def blank(person: Person, now: datetime, limit: int) -> int:
    keys = list(_of(person).exclude(is_needed()).order_by("pk").values_list("pk", flat=True)[:limit])
    return PayeeAccount.objects.filter(pk__in=keys).update(**BLANK)


def waits(person: Person) -> bool:
    return _of(person).filter(is_needed()).exists()


hold(
    "payee_accounts",
    _("Bank accounts to which money goes back"),
    columns={"shop.payeeaccount": COLUMNS},
    describe=describe,
    blank=blank,
    waits=waits,
)

"""Bank accounts typed for money that goes back: checked, stored encrypted."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from accounts.people.models import User
from common.secrets import Purpose, encrypt
from shop.orders.models import Order
from shop.payments.transfers_back.models import PayeeAccount

NO_IBAN = _("This is no IBAN: its digits do not fit together. Copy it from a bank statement.")
NOT_IN_SEPA = _("Transfers go to bank accounts of the SEPA countries only.")


def read_iban(typed: str) -> str:
    """Return a typed IBAN without blanks, in capitals. Raises ValidationError unless its check digits are right and its
    country belongs to SEPA."""
    try:
        iban = IBAN(typed, validate_bban=True)
    except (SchwiftyException, ValueError) as error:
        raise ValidationError(NO_IBAN, code="iban") from error
    if not iban.in_sepa_zone:
        raise ValidationError(NOT_IN_SEPA, code="sepa")
    return str(iban.compact)


def keep_account(*, holder: str, iban: str, order: Order | None, actor: User | None, now: datetime) -> PayeeAccount:
    """Store a bank account, encrypted; `iban` is one that `read_iban` returned."""
    secrets = {name: encrypt(text, Purpose.BANK_ACCOUNT) for name, text in (("holder", holder), ("iban", iban))}
    return PayeeAccount.objects.create(secrets=secrets, ends_with=iban[-4:], order=order, typed_at=now, typed_by=actor)

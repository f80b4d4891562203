"""Fields for a bank account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from shop.orders.models import Order
from shop.payments.transfers_back.accounts import keep_account, read_iban
from shop.payments.transfers_back.models import PayeeAccount

BOTH = _("A transfer needs both the account holder and the IBAN.")


class IbanField(forms.CharField):
    """IBAN as people type it, cleaned to its compact form."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=60, **options)

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        return read_iban(typed) if typed else ""


class PayeeForm(forms.Form):
    """Form with a bank account. `needs_account` says whether what was typed asks for one."""

    holder = forms.CharField(label=_("Account holder"), max_length=PayeeAccount.NAME_LENGTH, required=False)
    iban = IbanField(label=_("IBAN"), required=False)

    def needs_account(self, typed: dict[str, Any]) -> bool:
        return True

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        for name in ("holder", "iban"):
            if self.needs_account(typed) and not typed.get(name) and name not in self.errors:
                self.add_error(name, BOTH)
        return typed

    def problems(self) -> list[str]:
        """Return what is wrong with what was typed, as sentences."""
        return [text for faults in self.errors.as_data().values() for fault in faults for text in fault.messages]

    def keep(self, *, order: Order | None, actor: User | None, now: datetime) -> PayeeAccount | None:
        """Store the bank account; None where none is needed."""
        typed = self.cleaned_data
        if not self.needs_account(typed):
            return None
        return keep_account(holder=typed["holder"], iban=typed["iban"], order=order, actor=actor, now=now)

"""Cheque: the customer sends it, the merchant confirms its arrival."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from shop.payments.port import Provider


class ChequeProvider(Provider):
    name = "cheque"
    label = _("Cheque")
    summary = _("You send us a cheque; we deliver when it has arrived.")
    instructions_template = "cheque/instructions.html"
    takes_pieces = True


provider = ChequeProvider()

"""Addresses and keys of the merchant's account at an approved platform."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from shop.payments.configured.declared import KeyField, SettingsForm

TEST, LIVE = "test", "live"
_ADDRESS = r"https://[a-z0-9.-]+(:[0-9]+)?(/[\w./-]*)?|http://(127\.0\.0\.1|localhost)(:[0-9]+)?(/[\w./-]*)?"
_NO_ADDRESS = _("Type an address that begins with https://.")


class PlatformKeys(SettingsForm):
    provider = "afnor"
    title = _("Approved platform (AFNOR XP Z12-013)")
    secrets = frozenset({"client_secret"})

    token_url = KeyField(_ADDRESS, label=_("Address for tokens (OAuth 2)"), wrong=_NO_ADDRESS)
    flow_url = KeyField(_ADDRESS, label=_("Address of the Flow Service"), wrong=_NO_ADDRESS)
    directory_url = KeyField(_ADDRESS, label=_("Address of the Directory Service"), wrong=_NO_ADDRESS)
    client_id = KeyField(label=_("Client ID"))
    client_secret = KeyField(label=_("Client secret"))
    voluntary = forms.ChoiceField(
        label=_("Invoices that need not be sent"),
        choices=[("no", _("are not sent")), ("yes", _("are sent as well"))],
        help_text=_("The e-invoice flag of each tax code says which they are."),
    )
    mode = forms.ChoiceField(label=_("Mode"), choices=[(TEST, _("test")), (LIVE, _("real documents"))])

    @classmethod
    def is_test(cls, values: Mapping[str, str]) -> bool:
        return values.get("mode") != LIVE

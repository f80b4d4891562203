"""Addresses and keys of the merchant's account at an approved platform."""

from __future__ import annotations

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext_lazy as _

from shop.payments.configured.declared import AddressField, KeyField, SettingsForm

TEST, LIVE = "test", "live"


class PlatformKeys(SettingsForm):
    provider = "afnor"
    title = _("Approved platform (AFNOR XP Z12-013)")
    secrets = frozenset({"client_secret"})

    token_url = AddressField(label=_("Address for tokens (OAuth 2)"))
    flow_url = AddressField(label=_("Address of the Flow Service"))
    directory_url = AddressField(label=_("Address of the Directory Service"))
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

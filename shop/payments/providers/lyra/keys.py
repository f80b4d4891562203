"""Addresses and keys of the merchant's shop at a platform of Lyra."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext_lazy as _

from shop.payments.configured.declared import AddressField, KeyField, SettingsForm
from shop.payments.configured.in_force import settings_in_force
from shop.payments.port import origin_of

TEST, PRODUCTION = "TEST", "PRODUCTION"
# Platforms by a part of the host of their payment page.
BRANDS = {
    "payzen": "PayZen",
    "sogecommerce": "Sogecommerce",
    "systempay": "SystemPay",
    "scellius": "Scellius",
}
OTHER_BRAND = "Lyra"


class LyraSettings(SettingsForm):
    provider = "lyra"
    title = "PayZen, Sogecommerce, SystemPay, Scellius (Lyra)"
    secrets = frozenset({"form_key", "api_password"})
    variables = {
        "page_url": "LYRA_PAGE_URL",
        "api_url": "LYRA_API_URL",
        "site_id": "LYRA_SITE_ID",
        "form_key": "LYRA_FORM_KEY",
        "api_password": "LYRA_API_PASSWORD",
        "mode": "LYRA_MODE",
    }

    page_url = AddressField(
        label=_("Address of the payment page"),
        help_text=_(
            "https://secure.payzen.eu/vads-payment/ for PayZen; for the others, the one that their guide names."
        ),
    )
    api_url = AddressField(
        label=_("Address of the REST service"),
        help_text=_("https://api.payzen.eu for PayZen; for the others, the one that their guide names."),
    )
    site_id = KeyField(
        "[0-9]{1,8}",
        label=_("Number of the shop"),
        help_text=_("In the platform’s Back Office: Settings, Shop, Keys."),
        wrong=_("The number of a shop has up to eight digits."),
    )
    form_key = KeyField(
        label=_("Key of the forms"), help_text=_("The key that signs by HMAC-SHA-256, of the mode chosen below.")
    )
    api_password = KeyField(
        label=_("Password of the REST service"), help_text=_("Under REST API keys, of the mode chosen below.")
    )
    mode = forms.ChoiceField(
        label=_("Mode"),
        choices=[(TEST, _("test: no money moves")), (PRODUCTION, _("production"))],
        error_messages={"invalid_choice": _("The mode is neither TEST nor PRODUCTION.")},
    )

    @classmethod
    def is_test(cls, values: Mapping[str, str]) -> bool:
        return values["mode"] != PRODUCTION


@dataclass(frozen=True)
class Keys:
    """Address of the payment page and of the REST service, the shop's number there, the key that signs forms and
    messages, the password of the REST service, and the mode: TEST moves no money."""

    page_url: str
    api_url: str
    site_id: str
    form_key: str
    api_password: str
    mode: str

    @property
    def brand(self) -> str:
        """Return the name of the platform, as the address of its page tells it; that of its maker for others."""
        host = urlsplit(self.page_url).hostname or ""
        return next((name for part, name in BRANDS.items() if part in host), OTHER_BRAND)

    @property
    def page_origin(self) -> str:
        """Return scheme and host of the payment page."""
        return origin_of(self.page_url)


def keys() -> Keys | None:
    """Return the keys in force; None where nothing is configured."""
    found = settings_in_force(LyraSettings)
    return Keys(**found) if found else None

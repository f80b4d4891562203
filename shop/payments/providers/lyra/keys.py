"""Addresses and keys of the merchant's shop at a platform of Lyra."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured

from shop.payments.port import origin_of

ENVIRONMENT = ("LYRA_PAGE_URL", "LYRA_API_URL", "LYRA_SITE_ID", "LYRA_FORM_KEY", "LYRA_API_PASSWORD", "LYRA_MODE")
TEST, PRODUCTION = "TEST", "PRODUCTION"
_ADDRESS = re.compile(
    r"https://[a-z0-9.-]+(:[0-9]+)?(/[\w./-]*)?|http://(127\.0\.0\.1|localhost)(:[0-9]+)?(/[\w./-]*)?"
)
_SITE = re.compile(r"[0-9]{1,8}")


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
    def page_origin(self) -> str:
        """Return scheme and host of the payment page."""
        return origin_of(self.page_url)


def keys() -> Keys | None:
    """Return the keys in the environment; None where one is missing. Raises ImproperlyConfigured for a bad value."""
    values = [os.environ.get(name, "").strip() for name in ENVIRONMENT]
    if not all(values):
        return None
    found = Keys(*values)
    for name, address in (("LYRA_PAGE_URL", found.page_url), ("LYRA_API_URL", found.api_url)):
        if not _ADDRESS.fullmatch(address):
            raise _refusal(f"{name} is no address that begins with https://")
    if not _SITE.fullmatch(found.site_id):
        raise _refusal("LYRA_SITE_ID is no number of a shop: up to eight digits")
    if found.mode not in (TEST, PRODUCTION):
        raise _refusal("LYRA_MODE is neither TEST nor PRODUCTION")
    return found


def _refusal(why: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"Amphi does not start: {why}.")

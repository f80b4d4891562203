"""Effects of using a link, by purpose; and the address under which a link is mailed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from accounts.links.models import AddressLink
from accounts.links.services import TOKEN_PURPOSE
from accounts.people.models import User
from common.registry import Registry
from common.tokens import derive_token

# Called in the transaction that uses the link up, for the signed-in user who owns its address.
# Returns the address of the next page; an exception leaves the link unused. A Refused is told to the user.
Effect = Callable[[AddressLink, User, HttpRequest, datetime], str]

EFFECTS: Registry[Effect] = Registry("effect of links")


def link_url(link: AddressLink) -> str:
    """Return the absolute address to mail. The address is derived anew each time: a mail sent again carries the same
    link."""
    token = derive_token(TOKEN_PURPOSE, link.pk, link.nonce, stored_hash=link.token_hash)
    return settings.SITE_URL + reverse("address-link", args=[token])

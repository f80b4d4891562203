"""The kinds of mails this floor writes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import pgettext_lazy

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from outbox.mails.kinds import BLANK, register_mail_kind
from outbox.mails.models import Mail


def with_link(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the address of the one-time link named by the mail's `link_id`."""
    link = AddressLink.objects.get(pk=mail.context["link_id"])
    return {"link_url": BLANK if blank else link_url(link), "expires_at": link.expires_at}


def with_new_link(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the address of the new link, if there is one, and that of the page where a code signs in."""
    link = with_link(mail, blank=blank) if mail.context["link_id"] else {}
    return link | {"code_url": settings.SITE_URL + reverse("account_request_login_code")}


def with_sign_in_pages(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the addresses of the pages for signing in and for a new password."""
    return {
        "sign_in_url": settings.SITE_URL + reverse("account_login"),
        "reset_url": settings.SITE_URL + reverse("account_reset_password"),
    }


KINDS = {
    "invitation": (with_link, pgettext_lazy("kind of mail", "Invitation")),
    "member_invitation": (with_link, pgettext_lazy("kind of mail", "Invitation of a member")),
    "new_link": (with_new_link, pgettext_lazy("kind of mail", "New link")),
    "address_code": (None, pgettext_lazy("kind of mail", "Code for an address")),
    "sign_in_code": (None, pgettext_lazy("kind of mail", "Code for signing in")),
    "password_reset_code": (None, pgettext_lazy("kind of mail", "Code for a new password")),
    "account_exists": (with_sign_in_pages, pgettext_lazy("kind of mail", "Account exists already")),
    "security_notice": (with_sign_in_pages, pgettext_lazy("kind of mail", "Security notice")),
}

for name, (build, label) in KINDS.items():
    register_mail_kind(name, template=f"accounts/mails/{name}", build=build, label=label)

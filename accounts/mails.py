"""The kinds of mails this floor writes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse

from accounts.links import link_url
from accounts.models import AddressLink
from outbox.mails import BLANK, register_mail_kind
from outbox.models import Mail


def with_link(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """The one-time link of the mail's `link_id`."""
    link = AddressLink.objects.get(pk=mail.context["link_id"])
    return {"link_url": BLANK if blank else link_url(link), "expires_at": link.expires_at}


def with_sign_in_pages(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Where somebody signs in or takes a new password."""
    return {
        "sign_in_url": settings.SITE_URL + reverse("account_login"),
        "reset_url": settings.SITE_URL + reverse("account_reset_password"),
    }


register_mail_kind("invitation", template="accounts/mails/invitation", build=with_link)
register_mail_kind("member_invitation", template="accounts/mails/member_invitation", build=with_link)
register_mail_kind("address_code", template="accounts/mails/address_code")
register_mail_kind("sign_in_code", template="accounts/mails/sign_in_code")
register_mail_kind("password_reset_code", template="accounts/mails/password_reset_code")
register_mail_kind("account_exists", template="accounts/mails/account_exists", build=with_sign_in_pages)
register_mail_kind("security_notice", template="accounts/mails/security_notice", build=with_sign_in_pages)

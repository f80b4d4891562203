"""Kinds of mails of this floor."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import pgettext_lazy

from outbox.mails.kinds import register_mail_kind
from outbox.mails.models import Mail


def with_sign_in_page(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Add the address of the sign-in page, which leads on to the person's courses."""
    query = urlencode({"next": reverse("learn")})
    return {"sign_in_url": f"{settings.SITE_URL}{reverse('account_login')}?{query}"}


register_mail_kind(
    "seat_assigned",
    template="enrolments/mails/seat_assigned",
    label=pgettext_lazy("kind of mail", "Enrolment in a course"),
)
register_mail_kind(
    "sign_in_reminder",
    template="enrolments/mails/sign_in_reminder",
    build=with_sign_in_page,
    label=pgettext_lazy("kind of mail", "Reminder of how to sign in"),
)

"""The mails of this floor."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse

from outbox.mails import register_mail_kind
from outbox.models import Mail


def with_sign_in_page(mail: Mail, *, blank: bool) -> dict[str, Any]:
    return {"sign_in_url": settings.SITE_URL + reverse("account_login")}


register_mail_kind("seat_assigned", template="enrolments/mails/seat_assigned")
register_mail_kind("sign_in_reminder", template="enrolments/mails/sign_in_reminder", build=with_sign_in_page)

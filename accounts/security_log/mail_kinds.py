"""The mail of an alarm."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils.translation import pgettext_lazy

from accounts.security_log.alarms import MAIL_KIND, PATTERNS
from outbox.mails.kinds import Receiver, register_mail_kind
from outbox.mails.models import Mail


def with_log(mail: Mail, *, blank: bool) -> dict[str, Any]:
    """Return the address of the log, narrowed to the pattern where one kind of events makes it."""
    kinds = {kind for pattern in PATTERNS if pattern.name == mail.context["pattern"] for kind in pattern.kinds}
    query = f"?{urlencode({'kind': kinds.pop()})}" if len(kinds) == 1 else ""
    return {"log_url": settings.SITE_URL + reverse("admin:accounts_securityevent_changelist") + query}


register_mail_kind(
    MAIL_KIND,
    template="accounts/mails/security_alarm",
    build=with_log,
    label=pgettext_lazy("kind of mail", "Security alarm"),
    receiver=Receiver.SHOP,
)

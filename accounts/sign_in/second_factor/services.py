from __future__ import annotations

import uuid
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest

from accounts.browser_sessions.services import end_other_sessions
from accounts.people.models import User
from accounts.security_log.kinds import Kind
from accounts.security_log.services import record
from outbox.mails.services import queue_mail


def remove_second_factor(*, user: User, now: datetime, request: HttpRequest | None = None) -> bool:
    """Remove all factors of a person who lost them, end the person's sessions, and mail the person. False when there
    was none.

    For the administration, after it made sure who asks. Locks the authenticators.
    """
    with transaction.atomic():
        removed, _details = Authenticator.objects.filter(user=user).delete()
        if not removed:
            return False
        end_other_sessions(user=user)
        record(
            Kind.FACTOR_REMOVED,
            now=now,
            request=request,
            user_id=user.pk,
            actor_id=request.user.pk if request is not None else None,
            details={"by": "administration"},
        )
        queue_mail(
            kind="security_notice",
            key=f"security_notice:{uuid.uuid4()}",
            recipient=user.email,
            language=user.language,
            context={"event": "second_factor_off", "at": now},
            person_id=user.pk,
        )
        return True

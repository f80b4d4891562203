from __future__ import annotations

import uuid
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.people.models import User
from outbox.mails.services import queue_mail


def remove_second_factor(*, user: User, now: datetime) -> bool:
    """Remove a lost second factor, and mail the person. False when there was none.

    For the administration, after it made sure who asks. Locks nothing.
    """
    with transaction.atomic():
        removed, _details = Authenticator.objects.filter(user=user).delete()
        if not removed:
            return False
        queue_mail(
            kind="security_notice",
            key=f"security_notice:{uuid.uuid4()}",
            recipient=user.email,
            language=user.language,
            context={"event": "second_factor_off", "at": now},
            person_id=user.pk,
        )
        return True

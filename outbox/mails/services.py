"""Recording mails, and sending one again. Rendering and sending are in `rendering.py` and `sending.py`."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from common.secrets import encrypt
from outbox.errors import SECRET_IS_GONE, TEXT_IS_GONE, TOO_LATE, DismissalRefused, ResendRefused
from outbox.jobs.doorbell import ring_on_commit
from outbox.jobs.models import Job
from outbox.jobs.registry import JOB_KINDS
from outbox.jobs.services import dismiss_dead_jobs, dismiss_job, traced
from outbox.mails.kinds import MAIL_KINDS, Renewed
from outbox.mails.models import JOB_KIND, Mail

# Mails that are new, each with its job, in one statement; rows in the order of their keys.
RECORD = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%(mails)s) AS given (
        kind text, key text, message_id text, recipient text, language text, context jsonb, secret text,
        has_secret boolean, account_id bigint, order_id bigint, person_id bigint, original_id bigint,
        expires_at timestamptz, due_at timestamptz, urgency smallint
    )
), mail AS (
    INSERT INTO outbox_mail (
        kind, key, message_id, recipient, language, context, secret, has_secret, account_id, order_id, person_id,
        original_id, expires_at
    )
    SELECT kind, key, message_id, recipient, language, context, secret, has_secret, account_id, order_id, person_id,
        original_id, coalesce(expires_at, CASE WHEN has_secret THEN statement_timestamp() + %(lifetime)s END)
    FROM given
    ORDER BY key
    ON CONFLICT DO NOTHING
    RETURNING *
), job AS (
    INSERT INTO outbox_job (kind, key, payload, account_id, order_id, max_attempts, urgency, due_at)
    SELECT %(job_kind)s, %(job_kind)s || ':' || id, %(payload)s::jsonb || jsonb_build_object('mail_id', id), account_id,
        order_id, %(max_attempts)s, (SELECT min(given.urgency) FROM given WHERE given.key = mail.key),
        coalesce((SELECT min(given.due_at) FROM given WHERE given.key = mail.key), statement_timestamp())
    FROM mail ORDER BY 2
)
SELECT * FROM mail ORDER BY id
"""
COLUMNS = (
    "kind", "key", "message_id", "recipient", "language", "context", "secret", "has_secret", "account_id", "order_id",
    "person_id", "original_id", "expires_at",
)  # fmt: skip

REWRITE = """
UPDATE outbox_mail mail SET kind = given.kind, context = given.context
FROM jsonb_to_recordset(%s) AS given (id bigint, kind text, context jsonb) WHERE mail.id = given.id
"""

# A code or reset link that is a day late is not sent any more, and blanked.
SECRET_LIFETIME = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class NewMail:
    """A mail to record.

    `key` names the occasion, so that recording it twice changes nothing. `context` is stored as JSON (dates become ISO
    texts, see the template filter `moment`). `secret` is encrypted at once. The `*_id`s name the account, order and
    person of the mail. After `expires_at` the mail is not sent; before `due_at` neither (None: it leaves at once).
    """

    kind: str
    key: str
    recipient: str
    language: str
    context: dict[str, Any] = field(default_factory=dict)
    secret: str = ""
    account_id: int | None = None
    order_id: int | None = None
    person_id: int | None = None
    expires_at: datetime | None = None
    due_at: datetime | None = None


def queue_mail(
    *,
    kind: str,
    key: str,
    recipient: str,
    language: str,
    context: dict[str, Any],
    secret: str = "",
    account_id: int | None = None,
    order_id: int | None = None,
    person_id: int | None = None,
    expires_at: datetime | None = None,
) -> Mail | None:
    """Record one mail and its job in the caller's transaction. None when the key is there already."""
    mails = queue_mails(
        [
            NewMail(
                kind=kind, key=key, recipient=recipient, language=language, context=context, secret=secret,
                account_id=account_id, order_id=order_id, person_id=person_id, expires_at=expires_at,
            )
        ]
    )  # fmt: skip
    return mails[0] if mails else None


def queue_mails(mails: Sequence[NewMail]) -> list[Mail]:
    """Record mails and their jobs in the caller's transaction, in one statement whatever their number.

    Mails whose key is there already are neither recorded nor returned. Raises Unregistered, and ValueError for a
    recipient that is not one plain address.
    """
    return _insert([_row(mail) for mail in mails], due={mail.key: mail.due_at for mail in mails})


def lock_queued(mails: Iterable[Mail]) -> list[Mail]:
    """Return the queued ones of some mails, read again, by key; they do not leave until the caller's transaction ends.

    Locks their jobs and waits for none: a mail that a worker or another transaction holds is left out, and counts as
    one that has left. Two statements for any number, none if none is queued.
    """
    keys = [mail.job_key for mail in mails if mail.state == Mail.State.QUEUED]
    if not keys:
        return []
    jobs = Job.objects.pending().filter(key__in=keys).select_for_update(no_key=True, skip_locked=True)
    held = [job.payload["mail_id"] for job in jobs.order_by("pk")]
    return list(Mail.objects.queued().filter(pk__in=held).order_by("pk"))


def rewrite_mails(mails: Sequence[Mail]) -> None:
    """Write kind and context of mails that the caller has from `lock_queued`. One statement, none without mails."""
    if not mails:
        return
    given = [{"id": mail.pk, "kind": mail.kind, "context": mail.context} for mail in mails]
    with connection.cursor() as cursor:
        cursor.execute(REWRITE, [json.dumps(given, cls=DjangoJSONEncoder)])


def resend_mail(*, mail_id: int, now: datetime, actor_id: int | None = None) -> Mail:
    """Send a mail again: record a new row with a Message-ID of its own, and return that row.

    Its kind renews links that work no more. The jobs of the mail that gave up are dismissed. Locks the mail first sent.
    Raises ResendRefused with a message for the person who asked, and Mail.DoesNotExist.
    """
    with transaction.atomic():
        asked = Mail.objects.get(pk=mail_id)
        first = Mail.objects.select_for_update(no_key=True).get(pk=asked.original_id or asked.pk)
        if first.has_secret:
            raise ResendRefused(SECRET_IS_GONE)
        if first.forgotten_at is not None:
            raise ResendRefused(TEXT_IS_GONE)
        copies = list(Mail.objects.filter(original=first))
        if any(mail.state == Mail.State.QUEUED for mail in (first, *copies)):
            raise ResendRefused(_("This mail is still waiting to be sent."))
        renewed = _renewed(first, now)
        copy = Mail(
            kind=first.kind, key=f"{first.key}:again:{len(copies) + 1}"[-200:], message_id=_new_message_id(),
            recipient=first.recipient, language=first.language, context=renewed.context, original=first,
            account_id=first.account_id, order_id=first.order_id, person_id=first.person_id,
            expires_at=renewed.expires_at,
        )  # fmt: skip
        [recorded] = _insert([copy])
        dismiss_dead_jobs(
            keys=[mail.job_key for mail in (first, *copies)], reason=gettext("The mail was sent again."),
            actor_id=actor_id,
        )  # fmt: skip
        return recorded


def dismiss_mail(*, mail_id: int, reason: str, actor_id: int | None) -> None:
    """Take a mail that could not be sent off the lists of what waits for the merchant, with the reason.

    Locks the mail's job. Raises DismissalRefused, and Mail.DoesNotExist.
    """
    mail = Mail.objects.get(pk=mail_id)
    job = Job.objects.filter(key=mail.job_key).first()
    if job is None:
        raise DismissalRefused(_("Only a mail that could not be sent can be dismissed."))
    dismiss_job(job_id=job.pk, reason=reason, actor_id=actor_id)


def _renewed(first: Mail, now: datetime) -> Renewed:
    kind = MAIL_KINDS.find(first.kind)
    if kind is None:
        raise ResendRefused(_("Mails of this kind are no longer sent."))
    if first.state == Mail.State.RECALLED:
        raise ResendRefused(_("This mail was recalled before it left: what it says is no longer so."))
    if kind.renew is not None:
        return kind.renew(first, now)
    if first.expires_at is not None and first.expires_at <= now:
        raise ResendRefused(TOO_LATE)
    return Renewed(first.context, first.expires_at)


def _insert(rows: list[Mail], due: Mapping[str, datetime | None] | None = None) -> list[Mail]:
    if not rows:
        return []
    given = [
        {column: getattr(row, column) for column in COLUMNS}
        | {"due_at": (due or {}).get(row.key), "urgency": _urgency(row)}
        for row in rows
    ]
    recorded = Mail.objects.raw(
        RECORD,
        {
            "mails": json.dumps(given, cls=DjangoJSONEncoder),
            "lifetime": SECRET_LIFETIME,
            "job_kind": JOB_KIND,
            "payload": json.dumps(traced({})),
            "max_attempts": JOB_KINDS.get(JOB_KIND).max_attempts,
        },
    )
    mails = list(recorded)
    if mails:
        ring_on_commit()
    return mails


def _urgency(mail: Mail) -> Job.Urgency:
    """Return the urgency of a mail: somebody sits before a page that asks for the code in it, or its kind's."""
    return Job.Urgency.CODES if mail.has_secret else MAIL_KINDS.get(mail.kind).urgency


def _row(mail: NewMail) -> Mail:
    MAIL_KINDS.get(mail.kind)
    _refuse_unless_one_address(mail.recipient)
    return Mail(
        kind=mail.kind,
        key=mail.key,
        message_id=_new_message_id(),
        recipient=mail.recipient,
        language=mail.language or settings.LANGUAGE_CODE,
        context=mail.context,
        secret=encrypt(mail.secret) if mail.secret else "",
        has_secret=bool(mail.secret),
        account_id=mail.account_id,
        order_id=mail.order_id,
        person_id=mail.person_id,
        expires_at=mail.expires_at,
    )


def _refuse_unless_one_address(recipient: str) -> None:
    if "@" not in recipient or any(c.isspace() or not c.isprintable() or c in "<>,;" for c in recipient):
        raise ValueError(f"A mail goes to one plain address, not to {recipient!r}.")


def _new_message_id() -> str:
    return f"<{uuid.uuid4().hex}@{urlsplit(settings.SITE_URL).hostname or 'localhost'}>"

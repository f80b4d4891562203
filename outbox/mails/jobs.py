"""The outbox's own kinds of jobs."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils.translation import gettext, gettext_lazy, ngettext

from common import tracing
from common.emails import is_erased
from common.secrets import Undecryptable
from common.templatetags.money import grouped
from outbox.errors import SECRET_IS_GONE, TEXT_IS_GONE, TOO_LATE, Final, RetryRefused
from outbox.jobs.models import Job
from outbox.jobs.outages import SERVICE_NAMES, ServiceName
from outbox.jobs.registry import Urgency, job_kind
from outbox.mails.kinds import MAIL_KINDS
from outbox.mails.models import JOB_KIND, Mail
from outbox.mails.sending import mark_failed, mark_recalled, mark_sent, send


def _give_up(job: Job, now: datetime) -> None:
    mark_failed(job.payload["mail_id"], job.last_error)


def _queue_again(job: Job, actor_id: int | None, now: datetime) -> None:
    """Queue a failed mail again. Raises RetryRefused for a mail that had a secret, which is gone, for one whose text is
    gone, and for one past its date."""
    mail = Mail.objects.select_for_update(no_key=True).get(pk=job.payload["mail_id"])
    if mail.state == Mail.State.FAILED:
        if mail.has_secret:
            raise RetryRefused(SECRET_IS_GONE)
        if mail.forgotten_at is not None:
            raise RetryRefused(TEXT_IS_GONE)
        if mail.expires_at is not None and mail.expires_at <= now:
            raise RetryRefused(TOO_LATE)
        Mail.objects.filter(pk=mail.pk).update(state=Mail.State.QUEUED, failed_reason="")


MAIL_SERVER = "smtp"


def mails_wait(count: int) -> str:
    """Return a sentence about mails that wait for the mail server."""
    text = ngettext(
        "%(count)s mail waits and leaves by itself.", "%(count)s mails wait and leave by themselves.", count
    )
    return text % {"count": grouped(count)}


SERVICE_NAMES.register(MAIL_SERVER, ServiceName(gettext_lazy("The mail server"), mails_wait))


# Over a day of attempts: a mail server may refuse a mail for a night. One that answers slowly is heard out.
@job_kind(
    JOB_KIND,
    label=gettext_lazy("Send a mail"),
    max_attempts=36,
    io=True,
    service=MAIL_SERVER,
    urgency=Urgency.MAILS,
    time_limit=timedelta(minutes=2),
    longest_silence=timedelta(minutes=3),
    on_dead=_give_up,
    on_retry=_queue_again,
    told_elsewhere=True,
)
def send_mail(job: Job, now: datetime) -> None:
    mail = Mail.objects.get(pk=job.payload["mail_id"])
    if mail.state != Mail.State.QUEUED:
        return
    if mail.expires_at is not None and mail.expires_at <= now:
        raise Final(gettext("The mail was not sent in time and is of no use any more."))
    kind = MAIL_KINDS.get(mail.kind)
    if is_erased(mail.recipient) or (kind.is_due is not None and not kind.is_due(mail, now)):
        mark_recalled([mail.pk])
        return
    try:
        with tracing.span(f"mail {mail.kind}", kind=mail.kind, mail=mail.pk, order=mail.order_id):
            subject = send(mail)
    except Undecryptable as error:
        raise Final(str(error)) from error
    mark_sent(mail, now, subject=subject)

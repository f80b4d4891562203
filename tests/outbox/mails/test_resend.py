"""Sending a mail again by hand makes a row of its own."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail as django_mail
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from outbox.errors import ResendRefused, RetryRefused
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import retry_job
from outbox.mails.kinds import Renewed, temporary_mail_kind
from outbox.mails.models import Mail
from outbox.mails.services import NewMail, lock_queued, queue_mail, queue_mails, resend_mail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("greeting")]


class Refusing(BaseEmailBackend):
    """A mail server that refuses every recipient for good."""

    def send_messages(self, email_messages):
        raise smtplib.SMTPRecipientsRefused({"alice@example.org": (550, b"no such person")})


def sent_mail(**attributes) -> Mail:
    mail = queue_mail(
        kind="greeting", key="greeting:1", recipient="alice@example.org", language="fr",
        context={"name": "Alice"}, account_id=3, order_id=7, person_id=9, **attributes,
    )  # fmt: skip
    run_due_jobs()
    mail.refresh_from_db()
    return mail


def resend(mail: Mail) -> Mail:
    return resend_mail(mail_id=mail.pk, now=timezone.now())


def test_the_copy_says_the_same_under_a_message_id_of_its_own():
    first = sent_mail()

    copy = resend(first)
    run_due_jobs()

    copy.refresh_from_db()
    assert (copy.state, copy.original_id, copy.key) == ("sent", first.pk, "greeting:1:again:1")
    assert (copy.recipient, copy.language, copy.context) == (first.recipient, "fr", first.context)
    assert (copy.account_id, copy.order_id, copy.person_id) == (3, 7, 9)
    assert copy.message_id != first.message_id
    assert [mail.subject for mail in django_mail.outbox] == ["Bonjour Alice", "Bonjour Alice"]
    first.refresh_from_db()
    assert first.state == "sent"


def test_a_copy_of_a_copy_is_another_copy_of_the_first():
    first = sent_mail()
    copy = resend(first)
    run_due_jobs()

    another = resend(copy)

    assert (another.original_id, another.key) == (first.pk, "greeting:1:again:2")


def test_a_button_pressed_twice_sends_one_copy():
    first = sent_mail()
    resend(first)

    with pytest.raises(ResendRefused, match="still waiting"):
        resend(first)

    assert Mail.objects.count() == 2


def test_a_mail_not_yet_sent_is_not_sent_twice():
    mail = queue_mail(kind="greeting", key="greeting:1", recipient="alice@example.org", language="fr", context={})

    with pytest.raises(ResendRefused, match="still waiting"):
        resend(mail)


def test_a_failed_mail_may_be_sent_again_and_leaves_the_lists_of_what_waits(settings):
    settings.EMAIL_BACKEND = "tests.outbox.mails.test_resend.Refusing"
    first = sent_mail()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert first.state == "failed"
    assert [Job.objects.given_up().count(), Mail.objects.unsent(timezone.now()).count()] == [1, 1]

    resend(first)
    run_due_jobs()

    assert len(django_mail.outbox) == 1
    assert [Job.objects.given_up().count(), Mail.objects.unsent(timezone.now()).count()] == [0, 0]
    job = Job.objects.dismissed().get()
    assert (job.key, job.dismissed_reason, job.dismissed_by_id) == (first.job_key, "The mail was sent again.", None)


def test_of_copies_that_fail_too_the_last_one_waits(settings):
    settings.EMAIL_BACKEND = "tests.outbox.mails.test_resend.Refusing"
    first = sent_mail()
    for _time in range(2):
        copy = resend(first)
        run_due_jobs()

    assert list(Mail.objects.unsent(timezone.now())) == [copy]
    assert [job.key for job in Job.objects.given_up()] == [copy.job_key]


def test_a_mail_past_its_date_is_not_sent_again():
    first = sent_mail(expires_at=timezone.now())
    assert first.state == "failed"

    with pytest.raises(ResendRefused, match="until a date that is past"):
        resend(first)
    with pytest.raises(RetryRefused, match="until a date that is past"):
        retry_job(job_id=Job.objects.get().pk, now=timezone.now())


def test_a_mail_is_of_use_up_to_its_date():
    first = sent_mail(expires_at=timezone.now())
    job_id = Job.objects.get().pk

    with pytest.raises(RetryRefused, match="until a date that is past"):
        retry_job(job_id=job_id, now=first.expires_at)
    retry_job(job_id=job_id, now=first.expires_at - timedelta(microseconds=1))

    first.refresh_from_db()
    assert first.state == "queued"


def test_a_kind_renews_what_works_no_more(settings):
    first = sent_mail(expires_at=timezone.now())
    later = timezone.now().replace(microsecond=0) + timedelta(days=30)
    with temporary_mail_kind(
        "greeting", template="outbox_tests/greeting", renew=lambda mail, now: Renewed({"name": "Ada"}, later)
    ):
        copy = resend(first)

    assert (copy.context, copy.expires_at) == ({"name": "Ada"}, later)


def test_a_copy_keeps_the_date_of_the_first():
    expires_at = timezone.now().replace(microsecond=0) + timedelta(days=1)
    assert resend(sent_mail(expires_at=expires_at)).expires_at == expires_at


def test_a_mail_that_is_due_no_more_is_recalled_and_not_sent_again():
    mail = queue_mail(kind="greeting", key="k", recipient="a@example.org", language="en", context={})
    with temporary_mail_kind("greeting", template="outbox_tests/greeting", is_due=lambda mail, now: False):
        run_due_jobs()
    mail.refresh_from_db()

    assert (mail.state, Job.objects.get().state, django_mail.outbox) == ("recalled", "done", [])
    with pytest.raises(ResendRefused, match="recalled before it left"):
        resend(mail)


def test_a_mail_waits_for_its_time():
    due_at = timezone.now().replace(microsecond=0) + timedelta(hours=1)
    mails = [NewMail(kind="greeting", key=k, recipient="a@example.org", language="en", due_at=due) for k, due in
             (("late", due_at), ("soon", None))]  # fmt: skip
    late, soon = queue_mails(mails)
    run_due_jobs()

    late.refresh_from_db()
    soon.refresh_from_db()
    assert (late.state, soon.state) == ("queued", "sent")
    assert Job.objects.get(key=late.job_key).due_at == due_at
    assert [mail.pk for mail in lock_queued([late, soon])] == [late.pk]


def test_a_mail_that_had_a_secret_is_never_sent_again():
    first = sent_mail(secret="483920")

    with pytest.raises(ResendRefused, match="one-time code or link"):
        resend(first)

    assert Mail.objects.count() == 1


def test_a_mail_that_is_gone_says_so():
    with pytest.raises(Mail.DoesNotExist):
        resend_mail(mail_id=0, now=timezone.now())

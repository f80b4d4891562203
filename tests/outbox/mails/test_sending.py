"""A mail goes out as recorded; permanent refusals end it, temporary ones do not."""

import email
import email.policy
import smtplib
from datetime import timedelta

import pytest
from django.core import mail as django_mail
from django.utils import timezone

from common.emails import erased_address
from outbox.errors import Final, RetryRefused, ServiceAway, Temporary
from outbox.jobs import breaker
from outbox.jobs.models import Job, OutsideService
from outbox.jobs.running import run_due_jobs
from outbox.jobs.services import retry_job
from outbox.mails import sending
from outbox.mails.kinds import FRAMES
from outbox.mails.models import Mail
from outbox.mails.services import queue_mail
from tests.outbox.mails.smtp_stub import smtp_server

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("greeting")]


def queue(**attributes) -> Mail:
    fields = {"kind": "greeting", "key": "greeting:1", "recipient": "alice@example.org", "language": "en"}
    return queue_mail(**fields | {"context": {"name": "Alice"}} | attributes)


@pytest.fixture
def smtp(settings):
    """Return a function that sends mails by SMTP to a server."""

    def use(server) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""

    return use


def test_a_mail_goes_out_in_both_forms_and_is_marked_sent():
    mail = queue()

    run_due_jobs()

    mail.refresh_from_db()
    assert (mail.state, mail.failed_reason) == ("sent", "")
    assert mail.sent_at is not None
    (sent,) = django_mail.outbox
    assert (sent.to, sent.from_email, sent.subject) == (
        ["alice@example.org"],
        "Amphi <shop@amphi.example>",
        "Hello Alice",
    )
    assert sent.body.startswith("Alice\n")
    ((html, content_type),) = sent.alternatives
    assert (content_type, "<p>Alice</p>" in html) == ("text/html", True)
    assert sent.message()["Message-ID"] == mail.message_id
    assert sent.message()["Content-Language"] == "en"
    assert sent.message()["Auto-Submitted"] == "auto-generated"


def test_a_name_cannot_add_a_header(smtp):
    with smtp_server() as server:
        smtp(server)
        queue(context={"name": "Alice\r\nBcc: eve@example.org\r\n\r\nBuy this"})
        run_due_jobs()

    message = email.message_from_bytes(server.taken[0], policy=email.policy.default)
    assert message["Subject"] == "Hello Alice Bcc: eve@example.org Buy this"
    assert message["Bcc"] is None
    assert message["To"] == "alice@example.org"


def test_a_secret_goes_out_and_is_gone():
    mail = queue(secret="483920")

    run_due_jobs()

    assert "483920" in django_mail.outbox[0].body
    mail.refresh_from_db()
    assert (mail.state, mail.secret, mail.has_secret) == ("sent", "", True)


def test_a_mail_keeps_its_message_id_over_its_attempts(smtp, make_due):
    with smtp_server(to_data="451 later") as server:
        smtp(server)
        mail = queue()
        run_due_jobs()
        mail.refresh_from_db()
        assert (mail.state, Job.objects.get().state, server.taken) == ("queued", "pending", [])
        assert "451" in Job.objects.get().last_error

        server.to_data = "250 taken"
        make_due()
        run_due_jobs()

    mail.refresh_from_db()
    assert mail.state == "sent"
    message = email.message_from_bytes(server.taken[0], policy=email.policy.default)
    assert message["Message-ID"] == mail.message_id


@pytest.mark.parametrize(
    "refusal", [{"to_recipient": "550 no such person"}, {"to_data": "554 looks like spam"}, {"to_data": "552 too big"}]
)
def test_a_lasting_refusal_ends_the_mail_and_its_secret(smtp, refusal):
    with smtp_server(**refusal) as server:
        smtp(server)
        mail = queue(secret="483920")
        run_due_jobs()

    mail.refresh_from_db()
    job = Job.objects.get()
    assert (mail.state, mail.secret, job.state, job.attempts) == ("failed", "", "dead", 1)
    assert next(iter(refusal.values()))[:3] in mail.failed_reason


@pytest.mark.parametrize(
    "refusal", [{"to_recipient": "450 busy"}, {"to_data": "421 closing"}, {"to_sender": "550 not this shop"}]
)
def test_a_passing_refusal_or_one_of_the_shop_is_tried_again(smtp, refusal):
    with smtp_server(**refusal) as server:
        smtp(server)
        mail = queue(secret="483920")
        run_due_jobs()

    mail.refresh_from_db()
    assert (mail.state, mail.secret != "", Job.objects.get().state) == ("queued", True, "pending")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (smtplib.SMTPAuthenticationError(535, b"bad password"), ServiceAway),
        (smtplib.SMTPConnectError(554, b"blocked"), ServiceAway),
        (smtplib.SMTPServerDisconnected("gone"), ServiceAway),
        (smtplib.SMTPNotSupportedError("SMTPUTF8"), Final),
        (smtplib.SMTPRecipientsRefused({"a@b.org": (550, b"no")}), Final),
        (smtplib.SMTPRecipientsRefused({}), Temporary),
        (smtplib.SMTPRecipientsRefused({"a@b.org": (450, b"later")}), Temporary),
        (smtplib.SMTPDataError(421, b"closing"), ServiceAway),
        (smtplib.SMTPSenderRefused(451, b"too many", "shop@b.org"), ServiceAway),
        (ConnectionRefusedError("nobody there"), ServiceAway),
        (TimeoutError("slow"), ServiceAway),
    ],
)
def test_what_the_mail_server_says_is_told_apart(monkeypatch, error, expected):
    def refuse(self):
        raise error

    monkeypatch.setattr("outbox.mails.sending.EmailMultiAlternatives.send", refuse)

    with pytest.raises(expected):
        sending.send(queue())


def test_a_mail_that_comes_too_late_is_not_sent(make_due):
    mail = queue(secret="483920", expires_at=timezone.now() - timedelta(seconds=1))

    run_due_jobs()

    mail.refresh_from_db()
    assert (mail.state, mail.secret, Job.objects.get().state) == ("failed", "", "dead")
    assert django_mail.outbox == []


def test_a_mail_to_somebody_who_was_erased_is_recalled():
    mail = queue(recipient=erased_address(12))

    run_due_jobs()

    mail.refresh_from_db()
    assert (mail.state, Job.objects.get().state) == ("recalled", "done")
    assert django_mail.outbox == []


def test_a_secret_of_another_key_ends_the_mail(settings):
    mail = queue(secret="483920")
    settings.SECRET_KEY = "another" * 10

    run_due_jobs()

    mail.refresh_from_db()
    assert (mail.state, mail.secret) == ("failed", "")
    assert mail.failed_reason == "The mail's secret cannot be read with the present SECRET_KEY."
    assert django_mail.outbox == []


def test_a_failed_mail_may_be_tried_again_by_hand():
    mail = queue(expires_at=timezone.now() - timedelta(seconds=1))
    run_due_jobs()
    Mail.objects.filter(pk=mail.pk).update(expires_at=None)

    retry_job(job_id=Job.objects.get().pk, now=timezone.now())
    mail.refresh_from_db()
    assert (mail.state, mail.failed_reason) == ("queued", "")
    run_due_jobs()

    mail.refresh_from_db()
    assert (mail.state, mail.failed_reason) == ("sent", "")


def test_a_failed_mail_that_had_a_secret_may_not():
    mail = queue(secret="483920", expires_at=timezone.now() - timedelta(seconds=1))
    run_due_jobs()

    with pytest.raises(RetryRefused, match="one-time code or link"):
        retry_job(job_id=Job.objects.get().pk, now=timezone.now())

    mail.refresh_from_db()
    assert (mail.state, Job.objects.get().state) == ("failed", "dead")


def test_a_mail_sent_already_is_not_sent_by_a_second_worker(make_due):
    """A job that comes back after its mail was noted as sent."""
    queue()
    run_due_jobs()
    Job.objects.update(state="pending", finished_at=None)
    make_due()

    assert run_due_jobs() == 1

    assert len(django_mail.outbox) == 1
    assert Job.objects.get().state == "done"


def test_each_mail_costs_the_same_number_of_statements(django_assert_num_queries):
    for number in range(3):
        queue(key=f"greeting:{number}")
    # Per mail: claiming and a place at the mail server (6), locking, a place, reading the mail, the server's answer,
    # marking mail and job (8); one look in vain (4).
    with FRAMES.emptied(), django_assert_num_queries(3 * 14 + 4):
        assert run_due_jobs() == 3


def test_an_outage_of_the_mail_server_uses_up_no_attempts_and_ends_by_itself(smtp, make_due):
    for number in range(5):
        queue(key=f"greeting:{number}")
    with smtp_server() as server:
        smtp(server)
    # Nobody listens any more.
    for _hour in range(20):
        OutsideService.objects.update(left_alone_until=timezone.now() - timedelta(seconds=1))
        make_due()
        run_due_jobs()
    assert sum(Job.objects.values_list("attempts", flat=True)) <= breaker.FAILURES_IN_A_ROW
    assert set(Mail.objects.values_list("state", flat=True)) == {"queued"}

    with smtp_server() as server:
        smtp(server)
        OutsideService.objects.update(left_alone_until=timezone.now() - timedelta(seconds=1))
        make_due()
        run_due_jobs()
        assert len(server.taken) == 5
    assert set(Mail.objects.values_list("state", flat=True)) == {"sent"}

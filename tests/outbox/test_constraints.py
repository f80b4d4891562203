"""Constraints of jobs and mails, each broken by raw SQL."""

import pytest
from django.utils import timezone

from tests.constraints import broken, run
from tests.factories.outbox import JobFactory, MailFactory

pytestmark = pytest.mark.django_db


def test_a_key_names_one_job():
    first, second = JobFactory(), JobFactory()
    with broken("outbox_job_key_unique"):
        run("UPDATE outbox_job SET key = %s WHERE id = %s", first.key, second.pk)


@pytest.mark.parametrize("change", ["dismissed_at = now()", "dismissed_reason = 'gone'", "dismissed_by_id = 7"])
def test_a_job_is_dismissed_with_a_reason(change):
    job = JobFactory(state="dead", finished_at=timezone.now())
    with broken("outbox_job_dismissed_with_reason"):
        run(f"UPDATE outbox_job SET {change} WHERE id = %s", job.pk)


@pytest.mark.parametrize("column", ["kind", "key"])
def test_a_job_has_a_kind_and_a_key(column):
    job = JobFactory()
    with broken("outbox_job_kind_and_key_given"):
        run(f"UPDATE outbox_job SET {column} = '' WHERE id = %s", job.pk)


def test_a_job_is_in_a_known_state():
    job = JobFactory()
    with broken("outbox_job_state_known"):
        run("UPDATE outbox_job SET state = 'lost', finished_at = now() WHERE id = %s", job.pk)


@pytest.mark.parametrize("urgency", [0, 5])
def test_a_job_has_a_known_urgency(urgency):
    job = JobFactory()
    with broken("outbox_job_urgency_known"):
        run("UPDATE outbox_job SET urgency = %s WHERE id = %s", urgency, job.pk)


SERVICE = "INSERT INTO outbox_outsideservice (name, failures, failing_since, left_alone_until) VALUES "


def test_a_service_has_a_name():
    with broken("outbox_service_named"):
        run(f"{SERVICE} ('', 0, NULL, NULL)")


@pytest.mark.parametrize("values", ["'smtp', 1, NULL, NULL", "'smtp', 0, now(), NULL"])
def test_a_service_that_fails_has_done_so_since_a_moment(values):
    with broken("outbox_service_fails_since_a_moment"):
        run(f"{SERVICE} ({values})")


def test_a_service_is_left_alone_only_after_failures():
    with broken("outbox_service_left_alone_after_failures"):
        run(f"{SERVICE} ('smtp', 0, NULL, now())")


@pytest.mark.parametrize(("attempts", "most"), [(9, 8), (0, 0)])
def test_attempts_are_capped(attempts, most):
    job = JobFactory()
    with broken("outbox_job_attempts_capped"):
        run("UPDATE outbox_job SET attempts = %s, max_attempts = %s WHERE id = %s", attempts, most, job.pk)


@pytest.mark.parametrize(
    ("state", "finished_at"), [("pending", "2026-01-01T00:00Z"), ("done", None), ("dead", None)]
)  # fmt: skip
def test_a_job_has_finished_when_it_is_over_and_not_before(state, finished_at):
    job = JobFactory()
    with broken("outbox_job_finished_when_over"):
        run("UPDATE outbox_job SET state = %s, finished_at = %s WHERE id = %s", state, finished_at, job.pk)


@pytest.mark.parametrize("state", ["done", "dead"])
def test_a_job_that_is_over_has_no_lease(state):
    job = JobFactory()
    with broken("outbox_job_lease_while_pending"):
        run(
            "UPDATE outbox_job SET state = %s, finished_at = now(), lease = gen_random_uuid() WHERE id = %s",
            state, job.pk,
        )  # fmt: skip


def test_a_key_names_one_mail():
    first, second = MailFactory(), MailFactory()
    with broken("outbox_mail_key_unique"):
        run("UPDATE outbox_mail SET key = %s WHERE id = %s", first.key, second.pk)


def test_a_message_id_names_one_mail():
    first, second = MailFactory(), MailFactory()
    with broken("outbox_mail_message_id_unique"):
        run("UPDATE outbox_mail SET message_id = %s WHERE id = %s", first.message_id, second.pk)


@pytest.mark.parametrize("column", ["kind", "key", "language"])
def test_a_mail_has_a_kind_a_key_and_a_language(column):
    mail = MailFactory()
    with broken("outbox_mail_kind_key_language_given"):
        run(f"UPDATE outbox_mail SET {column} = '' WHERE id = %s", mail.pk)


@pytest.mark.parametrize(
    "recipient",
    ["", "a@b.org\nBcc: c@d.org", "a@b.org\r", "a@b.org, c@d.org", "A <a@b.org>", "a@b.org;c@d.org", "a b@c.org"],
)
def test_a_recipient_is_one_plain_address(recipient):
    mail = MailFactory()
    with broken("outbox_mail_recipient_one_address"):
        run("UPDATE outbox_mail SET recipient = %s WHERE id = %s", recipient, mail.pk)


@pytest.mark.parametrize("message_id", ["", "1@testserver", "<1>", "<1@testserver>\nBcc: c@d.org", "<1@a> <2@b>"])
def test_a_message_id_has_the_shape_of_one(message_id):
    mail = MailFactory()
    with broken("outbox_mail_message_id_shape"):
        run("UPDATE outbox_mail SET message_id = %s WHERE id = %s", message_id, mail.pk)


def test_a_mail_is_in_a_known_state():
    mail = MailFactory()
    with broken("outbox_mail_state_known"):
        run("UPDATE outbox_mail SET state = 'lost' WHERE id = %s", mail.pk)


@pytest.mark.parametrize(
    ("state", "sent_at"), [("sent", None), ("queued", "2026-01-01T00:00Z"), ("failed", "2026-01-01T00:00Z")]
)
def test_a_mail_has_a_time_of_sending_when_it_was_sent_and_only_then(state, sent_at):
    mail = MailFactory()
    with broken("outbox_mail_sent_at_when_sent"):
        run("UPDATE outbox_mail SET state = %s, sent_at = %s WHERE id = %s", state, sent_at, mail.pk)


@pytest.mark.parametrize(("state", "sent_at"), [("sent", "2026-01-01T00:00Z"), ("failed", None)])
def test_a_secret_does_not_outlive_the_sending(state, sent_at):
    mail = MailFactory(secret="gAAAA", has_secret=True)
    with broken("outbox_mail_secret_only_while_queued"):
        run("UPDATE outbox_mail SET state = %s, sent_at = %s WHERE id = %s", state, sent_at, mail.pk)


def test_a_secret_is_remembered_as_one():
    mail = MailFactory()
    with broken("outbox_mail_secret_only_while_queued"):
        run("UPDATE outbox_mail SET secret = 'gAAAA' WHERE id = %s", mail.pk)


def test_a_mail_with_a_secret_is_nobodys_copy():
    first, second = MailFactory(), MailFactory(has_secret=True)
    with broken("outbox_mail_secret_never_sent_again"):
        run("UPDATE outbox_mail SET original_id = %s WHERE id = %s", first.pk, second.pk)

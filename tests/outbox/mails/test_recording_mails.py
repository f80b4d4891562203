"""Mails are recorded once, in the transaction of their cause, and as a set."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from common.registry import Unregistered
from common.secrets import Undecryptable, decrypt
from outbox.jobs.models import Job
from outbox.jobs.registry import kinds_with_io
from outbox.mails.models import Mail
from outbox.mails.services import NewMail, queue_mail, queue_mails

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("greeting")]
FIELDS = {"kind": "greeting", "recipient": "alice@example.org", "language": "en", "context": {"name": "Alice"}}


def new_mail(number: int) -> NewMail:
    return NewMail(
        kind="greeting", key=f"greeting:{number}", recipient=f"person{number}@example.org", language="en"
    )  # fmt: skip


def test_a_mail_is_recorded_with_the_job_that_sends_it():
    mail = queue_mail(
        **FIELDS | {"context": {"name": "Alice", "day": date(2026, 3, 3), "amount": Decimal("12.50")}},
        key="greeting:1", account_id=3, order_id=7, person_id=9,
    )  # fmt: skip

    mail.refresh_from_db()
    assert (mail.state, mail.sent_at, mail.expires_at, mail.has_secret) == ("queued", None, None, False)
    assert (mail.account_id, mail.order_id, mail.person_id) == (3, 7, 9)
    assert mail.context == {"name": "Alice", "day": "2026-03-03", "amount": "12.50"}
    assert mail.message_id.startswith("<")
    assert mail.message_id.endswith("@testserver>")
    job = Job.objects.get()
    assert (job.kind, job.key, job.payload) == ("send_mail", f"send_mail:{mail.pk}", {"mail_id": mail.pk})
    assert job.account_id == 3


def test_the_same_key_twice_is_one_mail():
    first = queue_mail(**FIELDS, key="greeting:1")

    assert queue_mail(**FIELDS | {"context": {"name": "Bob"}}, key="greeting:1") is None

    assert Mail.objects.get().context == {"name": "Alice"}
    assert Job.objects.get().payload == {"mail_id": first.pk}


@pytest.mark.django_db(transaction=True)
def test_a_rollback_takes_mail_and_job_with_it(rings):
    with transaction.atomic():
        queue_mail(**FIELDS, key="greeting:1")
        transaction.set_rollback(True)

    assert not Mail.objects.exists()
    assert not Job.objects.exists()
    assert rings == []


@pytest.mark.parametrize("count", [1, 50])
def test_a_set_of_mails_costs_one_statement_whatever_its_size(count, django_assert_num_queries):
    with django_assert_num_queries(1):
        queue_mails([new_mail(number) for number in range(count)])

    assert Mail.objects.count() == Job.objects.count() == count


def test_of_a_set_only_the_new_ones_are_recorded():
    queue_mails([new_mail(1)])

    recorded = queue_mails([new_mail(2), new_mail(1), new_mail(3)])

    assert [mail.key for mail in recorded] == ["greeting:2", "greeting:3"]
    assert Job.objects.count() == 3


def test_a_secret_cannot_be_read_in_the_row(settings):
    mail = queue_mail(**FIELDS, key="greeting:1", secret="483 920")

    row = Mail.objects.filter(pk=mail.pk).values()[0]
    # The whole secret: three digits alone stand in many a ciphertext by chance.
    assert "483 920" not in str(row)
    assert row["has_secret"] is True
    assert decrypt(row["secret"]) == "483 920"

    settings.SECRET_KEY = "another" * 10
    with pytest.raises(Undecryptable):
        decrypt(row["secret"])
    settings.SECRET_KEY_FALLBACKS = ["tests-only-" + "0123456789" * 5]
    assert decrypt(row["secret"]) == "483 920"


def test_a_mail_with_a_secret_is_of_no_use_after_a_day_unless_its_time_is_given():
    later = datetime(2999, 1, 1, tzinfo=UTC)

    by_default = queue_mail(**FIELDS, key="greeting:1", secret="483920")
    chosen = queue_mail(**FIELDS, key="greeting:2", secret="483920", expires_at=later)

    assert by_default.expires_at - by_default.created_at == timedelta(days=1)
    assert chosen.expires_at == later


def test_without_a_language_it_is_the_shops():
    assert queue_mail(**FIELDS | {"language": ""}, key="greeting:1").language == "fr"


@pytest.mark.parametrize(
    "recipient",
    ["", "alice", "a@b.org\nBcc: c@d.org", "a@b.org\r\n", "a@b.org,c@d.org", "Alice <a@b.org>", "a@b.org\x00"],
)
def test_a_recipient_that_is_not_one_plain_address_is_refused(recipient):
    with pytest.raises(ValueError, match="one plain address"):
        queue_mail(**FIELDS | {"recipient": recipient}, key="greeting:1")
    assert not Mail.objects.exists()


def test_a_kind_nobody_registered_is_refused():
    with pytest.raises(Unregistered):
        queue_mail(**FIELDS | {"kind": "nonsense"}, key="nonsense:1")


@pytest.mark.django_db(transaction=True)
def test_a_new_mail_rings_and_one_that_is_there_already_does_not(rings):
    queue_mail(**FIELDS, key="greeting:1")
    assert rings == [1]

    queue_mail(**FIELDS, key="greeting:1")
    queue_mails([])
    assert rings == [1]


def test_sending_counts_as_work_outside_the_database():
    assert "send_mail" in kinds_with_io()

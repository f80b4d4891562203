"""Sending a mail again by hand makes a row of its own."""

import pytest
from django.core import mail as django_mail
from django.utils import timezone

from outbox.errors import ResendRefused
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from outbox.mails.services import queue_mail, resend_mail

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("greeting")]


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


def test_a_failed_mail_may_be_sent_again():
    first = sent_mail(expires_at=timezone.now())
    assert first.state == "failed"

    resend(first)
    run_due_jobs()

    assert len(django_mail.outbox) == 1


def test_a_mail_that_had_a_secret_is_never_sent_again():
    first = sent_mail(secret="483920")

    with pytest.raises(ResendRefused, match="one-time code or link"):
        resend(first)

    assert Mail.objects.count() == 1


def test_a_mail_that_is_gone_says_so():
    with pytest.raises(Mail.DoesNotExist):
        resend_mail(mail_id=0, now=timezone.now())

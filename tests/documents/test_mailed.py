"""A mail waits for the files of all documents that it tells of, and for no others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from common.afterwards import run_waiting
from documents.issued.files import make_files
from documents.issued.mailed import hold_mails, made, telling_of, told_by, wake_mails
from documents.issued.models import Document
from outbox.jobs.models import Job
from outbox.mails.models import Mail
from outbox.mails.services import queue_mail
from tests.documents.given import NOON, issued, plain_template

pytestmark = pytest.mark.django_db
LATER = NOON + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def template():
    with plain_template():
        yield


def told(at=NOON, order_id: int = 17) -> Mail:
    mail = queue_mail(
        kind="papers_issued", key=f"told:{at}", recipient="alice@example.com", language="en",
        context=telling_of(order_id, at), order_id=order_id,
    )  # fmt: skip
    assert mail is not None
    hold_mails(order_id=order_id, at=at)
    return mail


def waits(mail: Mail) -> bool:
    return Job.objects.get(key=mail.job_key).due_at > timezone.now() + timedelta(minutes=1)


def make(document: Document) -> None:
    make_files(document_id=document.pk)
    wake_mails(document)
    run_waiting()


def test_a_mail_of_two_documents_leaves_when_both_are_made():
    first, second = issued("one"), issued("two")
    mail = told()

    assert list(told_by(mail)) == [first, second]
    make(first)
    assert (waits(mail), made([first, second])) == (True, [first])
    make(second)
    assert (waits(mail), made([first, second])) == (False, [first, second])


def test_documents_of_another_act_or_order_hold_up_nothing():
    issued("one"), issued("two", now=LATER)
    of_first = told()
    of_second = told(LATER)
    of_none = told(LATER + timedelta(minutes=1))

    assert [waits(mail) for mail in (of_first, of_second, of_none)] == [True, True, False]
    make(Document.objects.get(fact="two"))
    assert [waits(mail) for mail in (of_first, of_second)] == [True, False]


def test_a_mail_that_tells_of_nothing_has_no_documents():
    mail = queue_mail(
        kind="papers_issued", key="none", recipient="alice@example.com", language="en", context={}, order_id=17
    )
    assert mail is not None
    assert list(told_by(mail)) == []

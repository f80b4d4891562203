"""Documents attached to mails: a mail waits for the files it tells of, and is never lost for want of one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail as django_mail
from django.db.models.functions import Now
from django.utils import timezone

from common.moments import local_day
from documents.issued.models import Document
from handlers.contract import RevokeReason
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from outbox.mails.services import resend_mail
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from shop.papers.services import issue_by_hand
from shop.payments.requests.planning import Part, plan_payments
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.papers.given import SIRET

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return MembershipFactory(is_owner=True)


@pytest.fixture
def order(seller, owner) -> Order:
    cart = make_cart(EntryFactory(), quantity=2)
    order = place(cart, user=owner.user, account=owner.account, register_number=SIRET)
    pay(order)
    return order


def attached_to(kind: str) -> list[list[str]]:
    """Return the names of the files of each mail of a kind that has left."""
    sent = {row.message_id for row in Mail.objects.filter(kind=kind, state="sent")}
    mails = [each for each in django_mail.outbox if each.extra_headers["Message-ID"] in sent]
    return [[name for name, _content, _type in each.attachments] for each in mails]


def job_of(kind: str) -> Job:
    return Job.objects.get(key=Mail.objects.get(kind=kind).job_key)


def lame_files(monkeypatch) -> None:
    """Let no file be made."""

    def fail(**_ignored: object) -> None:
        raise RuntimeError("no fonts")

    monkeypatch.setattr("documents.issued.files.make_files", fail)


def test_the_mail_of_the_payment_carries_the_invoice(order):
    deliver(order)

    number = Document.objects.get().number
    assert attached_to("payment_received") == [[f"{number}.pdf"]]
    [carrying] = [each for each in django_mail.outbox if each.attachments]
    _name, content, content_type = carrying.attachments[0]
    assert (content[:5], content_type) == (b"%PDF-", "application/pdf")
    assert number in carrying.body


def test_the_mail_of_a_giving_back_carries_the_credit_note_alone(order):
    deliver(order)
    line = order.lines.get()
    give_units_back(
        order_id=order.pk, units={line.pk: [0]}, why=RevokeReason.REFUNDED, reason="", actor=None, now=timezone.now()
    )
    run_due_jobs()

    credit_note = Document.objects.get(kind="credit_note")
    assert attached_to("given_back") == [[f"{credit_note.number}.pdf"]]


def test_the_mail_waits_for_its_file_and_no_other_mail_does(order):
    assert job_of("payment_received").due_at > timezone.now() + timedelta(minutes=9)
    assert job_of("order_placed").due_at <= timezone.now() + timedelta(seconds=1)


def test_a_file_that_cannot_be_made_holds_the_mail_up_for_ten_minutes_and_no_longer(order, monkeypatch):
    lame_files(monkeypatch)
    run_due_jobs()
    assert attached_to("payment_received") == []

    Job.objects.filter(pk=job_of("payment_received").pk).update(due_at=Now())
    run_due_jobs()
    assert attached_to("payment_received") == [[]]
    [told] = [each for each in django_mail.outbox if Document.objects.get().number in each.body]
    assert order.token in told.body


def test_an_address_that_nobody_proved_gets_the_number_and_no_file(seller):
    order = place(make_cart(EntryFactory()), register_number=SIRET, is_proved=False)
    pay(order)
    deliver(order)

    assert attached_to("payment_received") == [[]]
    assert Document.objects.get().number in Mail.objects.get(kind="payment_received").subject + "".join(
        each.body for each in django_mail.outbox
    )


def test_the_sales_team_and_an_outside_payer_get_no_file(seller, owner):
    order = place(
        make_cart(EntryFactory()), user=owner.user, account=owner.account, register_number=SIRET,
        payer_email="payer@example.org",
    )  # fmt: skip
    pay(order)
    deliver(order)

    carrying = [each.to for each in django_mail.outbox if each.attachments]
    assert carrying == [[owner.user.email]]


def test_without_a_document_the_mail_leaves_at_once(owner):
    order = place(make_cart(EntryFactory()), user=owner.user, account=owner.account)
    pay(order)

    assert not Document.objects.exists()
    assert job_of("payment_received").due_at <= timezone.now() + timedelta(seconds=1)


def test_a_mail_sent_again_carries_its_document_again(order):
    deliver(order)
    resend_mail(mail_id=Mail.objects.get(kind="payment_received").pk, now=timezone.now())
    run_due_jobs()

    assert attached_to("payment_received") == [[f"{Document.objects.get().number}.pdf"]] * 2


def test_the_administration_shows_the_names_of_the_files(order):
    deliver(order)
    rendered = render_mail(Mail.objects.get(kind="payment_received"), blank_secrets=True)

    assert [each.name for each in rendered.attachments] == [f"{Document.objects.get().number}.pdf"]


def test_more_than_a_mail_may_carry_is_left_with_the_order(order, monkeypatch):
    monkeypatch.setattr("documents.issued.mailed.MOST_BYTES", 10)
    deliver(order)

    assert attached_to("payment_received") == [[]]


def test_a_part_paid_sends_its_deposit_invoice(seller, owner):
    order = place(make_cart(EntryFactory()), user=owner.user, account=owner.account, register_number=SIRET)
    half = order.gross / 2
    days = (None, local_day(timezone.now()) + timedelta(days=30))
    plan_payments(
        order_id=order.pk, parts=[Part(half, day) for day in days], actor=UserFactory(is_staff=True), now=timezone.now()
    )
    pay(order, amount=half)
    deliver(order)

    deposit = Document.objects.get()
    assert deposit.kind == "deposit"
    assert attached_to("papers_issued") == [[f"{deposit.number}.pdf"]]


def test_papers_issued_by_hand_are_sent(seller, owner):
    order = place(make_cart(EntryFactory()), user=owner.user, account=owner.account)
    pay(order)
    Order.objects.filter(pk=order.pk).update(register_number=SIRET)
    issue_by_hand(order_id=order.pk, actor=UserFactory(is_staff=True), now=timezone.now())
    deliver(order)

    assert attached_to("papers_issued") == [[f"{Document.objects.get().number}.pdf"]]

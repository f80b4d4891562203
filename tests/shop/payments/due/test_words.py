"""Words of reminders: to whom each goes, what it names, and what professionals alone read."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.members.models import CustomerAccount
from common.moments import local_day
from documents.issued.files import make_files
from documents.issued.models import Document
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from shop.orders.models import Order
from shop.payments.due import mail_kinds
from shop.payments.due.pausing import pause_reminders
from shop.payments.due.services import remind_of_due
from shop.payments.requests.links import link_of
from shop.payments.requests.models import PaymentRequest
from shop.payments.requests.payers import ask_payer
from shop.payments.requests.planning import Part, plan_payments
from shop.payments.requests.promises import accept_promise
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import make_cart, place
from tests.shop.papers.given import SIRET, complete_seller

pytestmark = pytest.mark.django_db
NOW = timezone.now()
DUE = local_day(NOW) + timedelta(days=30)
OF_THE_LAW = "€40"


@pytest.fixture
def order(probe_entry, diary) -> Order:
    """An order of 50 € at once and 70 € in thirty days, in English."""
    order = place(make_cart(probe_entry))
    parts = [Part(order.gross - 70, None), Part(order.gross - 50, DUE)]
    plan_payments(order_id=order.pk, parts=parts, actor=UserFactory(is_staff=True), now=NOW)
    Order.objects.update(language="en")
    order.refresh_from_db()
    return order


def remind(*days: int) -> list[Mail]:
    for day in days:
        remind_of_due(now=NOW + timedelta(days=30 + day))
    return list(Mail.objects.filter(kind__in=("part_due", "payer_part_due")).order_by("pk"))


def text_of(mail: Mail) -> str:
    return render_mail(mail, blank_secrets=False).text


def test_three_steps_grow_firmer_and_stay_polite(order):
    texts = [text_of(mail) for mail in remind(3, 15, 30)]
    assert "still has not arrived" in texts[1]
    assert "This is our last reminder by mail" in texts[2]
    assert all("please" in text.lower() for text in texts[1:])
    subjects = [render_mail(mail, blank_secrets=True).subject for mail in remind()]
    assert subjects[1].startswith("Second reminder")
    assert subjects[2].startswith("Last reminder")


@pytest.mark.parametrize(
    ("is_public_body", "said", "unsaid"),
    [
        (False, "three times the legal interest rate", "European Central Bank"),
        (True, "European Central Bank plus eight percentage points", "three times"),
    ],
)
def test_professionals_read_what_the_law_provides_after_the_first_reminder(order, is_public_body, said, unsaid):
    Order.objects.update(is_organisation=True, is_public_body=is_public_body)
    first, second, last = (text_of(mail) for mail in remind(3, 15, 30))
    assert OF_THE_LAW not in first
    for text in (second, last):
        assert OF_THE_LAW in text
        assert said in text
        assert unsaid not in text


def test_private_persons_read_nothing_of_it(order):
    Order.objects.update(is_organisation=False, is_public_body=False)
    for mail in remind(3, 15, 30):
        rendered = render_mail(mail, blank_secrets=True)
        assert OF_THE_LAW not in rendered.text + rendered.html
        assert "penalties" not in rendered.text


def test_has_a_pay_link_for_exactly_the_rest_which_no_list_shows(order):
    [mail] = remind(3)
    request = PaymentRequest.objects.get(due_on=DUE, replaced_at=None)
    assert link_of(request) in text_of(mail)
    assert link_of(request) not in render_mail(mail, blank_secrets=True).text
    assert "€70.00" in text_of(mail)


def test_names_the_invoice():
    complete_seller()
    order = place(make_cart(EntryFactory(tiers={1: "100.00"}, tax=TaxFactory())), register_number=SIRET)
    clerk = UserFactory(is_staff=True)
    accept_promise(order_id=order.pk, kind="on_account", reference="", due_on=DUE, actor=clerk, now=NOW)
    [mail] = remind(3)
    number = Document.objects.get(order_id=order.pk).number
    assert f"Invoice {number} of" in text_of(mail)
    assert f"Invoice {number} of" in render_mail(mail, blank_secrets=True).html
    assert not render_mail(mail, blank_secrets=True).attachments
    make_files(document_id=Document.objects.get(order_id=order.pk).pk)
    [paper] = render_mail(mail, blank_secrets=True).attachments
    assert paper.content()[:5] == b"%PDF-"


def test_an_outside_payer_is_reminded_of_their_part_alone_by_their_link(order):
    ask_payer(order_id=order.pk, amount=Decimal(70), email="opco@example.org", actor=UserFactory(), now=NOW)
    [mail] = remind(3)
    assert (mail.kind, mail.recipient) == ("payer_part_due", "opco@example.org")
    text = text_of(mail)
    assert link_of(PaymentRequest.objects.get(due_on=DUE, replaced_at=None)) in text
    assert f"/orders/{order.token}" not in text
    assert OF_THE_LAW not in text


def test_the_share_of_an_opco_is_asked_of_the_opco_or_of_nobody(order):
    part = PaymentRequest.objects.get(due_on=DUE, replaced_at=None)
    accept_promise(
        order_id=order.pk, kind="opco", reference="F1", due_on=DUE, positions=[part.position],
        actor=UserFactory(is_staff=True), now=NOW,
    )  # fmt: skip
    assert remind(3) == []
    ask_payer(order_id=order.pk, amount=Decimal(70), email="opco@example.org", actor=UserFactory(), now=NOW)
    assert [mail.recipient for mail in remind(4)] == ["opco@example.org"]


def test_a_mail_to_a_payer_who_is_no_longer_asked_stays(order):
    ask_payer(order_id=order.pk, amount=Decimal(70), email="old@example.org", actor=UserFactory(), now=NOW)
    [mail] = remind(3)
    assert mail_kinds.is_due_to_payer(mail, NOW)
    later = NOW + timedelta(seconds=5)
    ask_payer(order_id=order.pk, amount=Decimal(70), email="new@example.org", actor=UserFactory(), now=later)
    assert not mail_kinds.is_due_to_payer(mail, NOW)


def test_a_mail_that_waits_stays_once_the_reminders_are_paused(order):
    [mail] = remind(3)
    pause_reminders(order_id=order.pk, whole_account=True, reason="Agreed", actor=UserFactory(), now=NOW)
    assert not mail_kinds.is_due(mail, NOW)
    assert CustomerAccount.objects.get(pk=order.account_id).wants_payment_reminders

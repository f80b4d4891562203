"""A buyer is erased: their documents stay byte for byte, and nothing else names them but what the law keeps."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from accounts.privacy.erase import JOB_KIND, begin_erasure
from accounts.privacy.models import ErasureRequest
from accounts.privacy.requests import ask_for_erasure
from common.personal_data import HOLDINGS, Person
from common.tidying import tidy
from documents.issued.models import Document, DocumentFile
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from shop.books.models import BookExport, ExportPiece
from shop.books.personal_data import waits
from shop.cart.models import Cart
from shop.notes.services import add_note
from shop.orders.billing.services import correct_own_billing
from shop.orders.giving_back.services import give_units_back
from shop.orders.lines.models import LineFeedback, OrderLine, OrderUnit
from shop.orders.models import Order
from shop.orders.placed_here import SESSION_KEY
from shop.payments.due.pausing import pause_reminders
from shop.payments.models import MoneyHandling, Payment, PaymentEvent
from shop.payments.refunds.models import Refund
from shop.payments.transfers_back.accounts import keep_account
from shop.payments.transfers_back.models import PayeeAccount
from shop.phone_orders.models import PhoneOrder
from shop.phone_orders.services import begin
from shop.withdrawal.models import Withdrawal
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place, postal_address
from tests.shop.books.making import asked, content_of, made
from tests.shop.merchants import browser_of, staff
from tests.shop.orders.copied.given import EMAIL, FIRST, LAST, NAME, STREET, TRACES, customer, known
from tests.shop.postings.test_postings import note_paid_back
from tests.shop.steps import english_client

pytestmark = pytest.mark.django_db

# Rows that the law keeps: documents, and the billing data that later ones would say.
KEPT = {"documents_document", "shop_keptbilling"}
ENCRYPTED = {"shop_statementline", "shop_payeeaccount"}
EXPORTS = ("orders", "documents", "payments", "sales", "fec")


@pytest.fixture
def order(seller) -> Order:
    """An order of a private person that was corrected, paid, delivered, and given back in part."""
    user, account = customer()
    cart = make_cart(EntryFactory(vocational="no"), quantity=2, user=user)
    address = postal_address(name=NAME, street="1 quai Quille")
    order = place(cart, user=user, account=account, contact_name=NAME, is_organisation=False, address=address)
    correct_own_billing(order_id=order.pk, values={"billing_street": STREET}, actor=user, now=timezone.now())
    pay(order)
    deliver(order)
    line = order.lines.get()
    give_units_back(order_id=order.pk, units={line.pk: [0]}, reason=f"{NAME} asked", actor=staff(), now=timezone.now())
    keep_account(holder=NAME, iban="DE89370400440532013000", order=order, actor=user, now=timezone.now())
    return deliver(order)


def write_everywhere(order: Order) -> None:
    """Write the buyer into every other table of the shop that can name them."""
    now, author, line = timezone.now(), staff(), order.lines.get()
    add_note(text=f"{NAME} called", author=author, now=now, order=order)
    pause_reminders(order_id=order.pk, whole_account=False, reason=f"{NAME} is ill", actor=author, now=now)
    LineFeedback.objects.create(line=line, hook="revoke", at=now, customer={"en": f"Bye, {NAME}"})
    OrderLine.objects.update(failure={"en": f"{NAME} is unknown"})
    OrderUnit.objects.filter(line=line).update(answers={"name": NAME, "email": EMAIL})
    Payment.objects.update(reference=f"pay {NAME}")
    PaymentEvent.objects.update(payload={"customer": EMAIL}, event_id=f"event {EMAIL}", order_number=NAME)
    MoneyHandling.objects.create(
        event=PaymentEvent.objects.get(), handled_at=now, handled_by=author, note=f"from {NAME}",
        undone_at=now + timedelta(seconds=1), undone_by=author,
    )  # fmt: skip
    Withdrawal.objects.create(order=order, name=NAME, answer_to=EMAIL, received_at=now, proposed=0)
    cart = make_cart(EntryFactory(), units=[{"name": NAME, "email": EMAIL}], user=order.buyer)
    Cart.objects.filter(pk=cart.pk).update(details={"contact_name": NAME})
    begun = begin(account=order.account, language="en", actor=author)
    PhoneOrder.objects.filter(pk=begun.pk).update(sent_to=EMAIL, sent_at=now, expires_at=now + timedelta(days=14))
    Refund.objects.create(
        order=order, way="outside", state="done", amount=1, currency="EUR", reference=f"VIR {NAME}", asked_at=now,
        asked_by=author, done_at=now,
    )  # fmt: skip


def tables_that_name() -> set[str]:
    """Return the tables of the shop with columns that can name a person in plain text."""
    labels = {label for holding in HOLDINGS for label, columns in holding.columns.items() if columns}
    return {apps.get_model(label)._meta.db_table for label in labels if label.startswith("shop.")} - ENCRYPTED


def erase(person: User) -> None:
    asked = ask_for_erasure(person=person, asked_by=person, now=timezone.now())
    begin_erasure(request_id=asked.pk, actor=staff(), now=timezone.now())
    for _round in range(4):
        run_due_jobs()
        Job.objects.pending().filter(kind=JOB_KIND).update(due_at=timezone.now())
    assert ErasureRequest.objects.get(pk=asked.pk).state == ErasureRequest.State.DONE


def naming(trace: str) -> set[str]:
    """Return the tables with a text anywhere in a row."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT 1 FROM "{table}" AS kept WHERE kept::text ILIKE %s LIMIT 1', [f"%{trace}%"])
            if cursor.fetchone():
                found.add(table)
    return found


def files() -> dict[tuple[int, str], bytes]:
    rows = DocumentFile.objects.values_list("document", "form", "content")
    return {(document, form): bytes(content) for document, form, content in rows}


def test_their_documents_stay_byte_for_byte_for_staff_alone(order):
    before = files()
    assert len(before) == 6  # invoice and credit note, each as PDF, CII and UBL
    erase(order.buyer)

    assert files() == before
    browser = browser_of(staff("documents.view_document"))
    for (document, form), content in before.items():
        answer = browser.get(reverse("admin:documents_document_file", args=[document, form]))
        assert answer.content == content


def test_nothing_else_names_them(order):
    write_everywhere(order)
    assert tables_that_name() - naming(LAST) - naming(EMAIL) == {"shop_keptbilling"}

    erase(order.buyer)

    assert {table for trace in TRACES for table in naming(trace)} <= KEPT
    assert PayeeAccount.objects.get().secrets == {}
    assert "Quille" not in str(list(order.events.values_list("detail", flat=True)))


def test_files_for_the_accountant_go_and_are_made_anew_without_the_name(order):
    before = [made(kind) for kind in EXPORTS]
    assert any(NAME in content_of(export).decode(errors="replace") for export in before)

    erase(order.buyer)

    assert not ExportPiece.objects.exists()
    assert BookExport.objects.filter(digest__isnull=False).count() == len(EXPORTS)
    for kind in EXPORTS:
        assert LAST not in content_of(made(kind)).decode(errors="replace")


def test_files_without_names_stay(order):
    made("vat")
    erase(order.buyer)
    assert ExportPiece.objects.exists()


def test_nobody_who_bought_nothing_takes_files_away(order):
    made("orders")
    erase(UserFactory(email="learner@example.org"))
    assert ExportPiece.objects.exists()


def test_an_export_that_is_being_made_is_waited_for(order):
    person = known(order.buyer)
    assert not waits(person)
    asked("orders")
    assert waits(person)
    assert not waits(Person(key=UserFactory().pk, emails=frozenset()))


def test_the_contact_of_an_organisation_leaves_its_history_too(seller):
    """The order stays its organisation's, with other members."""
    person = UserFactory(email=EMAIL, first_name=FIRST, last_name=LAST)
    account = CustomerAccountFactory(kind="organisation", name="Ateliers Roy")
    MembershipFactory(user=person, account=account, is_owner=True)
    MembershipFactory(account=account, is_owner=True)
    order = place(make_cart(EntryFactory()), user=person, account=account, contact_name="Zoe Quillvr")
    typed = {"contact_name": NAME, "billing_city": "Brest"}
    correct_own_billing(order_id=order.pk, values=typed, actor=person, now=timezone.now())

    erase(person)

    detail = order.events.get(what="billing_corrected").detail
    assert detail["changes"] == {"contact_name": ["…", "…"], "billing_city": ["Nantes", "Brest"]}
    assert {table for trace in (LAST, "Quillvr", EMAIL) for table in naming(trace)} == set()


@pytest.fixture
def ten_years(order):
    """Ten years pass, for the database as well."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION documents_must_be_kept(issued_on date) RETURNS boolean "
            "LANGUAGE sql STABLE AS 'SELECT false'"
        )
    return timezone.now() + timedelta(days=4020)


def tidied(now: datetime) -> None:
    while tidy("documents", now=now) or tidy("billing", now=now):
        pass


def test_ten_years_after_nothing_names_them(order, ten_years):
    note_paid_back(order)
    erase(order.buyer)
    tidied(ten_years)

    assert {table for trace in TRACES for table in naming(trace)} == set()
    assert sorted(Document.objects.values_list("kind", flat=True)) == ["credit_note", "invoice"]
    assert not DocumentFile.objects.exists()


def test_as_long_as_money_is_owed_back_it_is_kept(order, ten_years):
    erase(order.buyer)
    before = files()
    tidied(ten_years)

    assert files() == before
    assert naming(LAST) == KEPT


def test_the_link_of_an_unclaimed_order_shows_nothing_of_them_any_more(seller):
    cart = make_cart(EntryFactory(vocational="no"))
    order = place(cart, email=EMAIL, contact_name=NAME, is_organisation=False, address=postal_address(name=NAME))
    pay(order)
    person = UserFactory(email=EMAIL, first_name=FIRST, last_name=LAST)
    order = deliver(order)
    page, paper = reverse("order", args=[order.token]), Document.objects.get()
    file = reverse("order-paper", args=[order.token, paper.pk, "pdf"])
    assert english_client().get(file).status_code == 200

    erase(person)

    shown = english_client().get(page)
    assert shown.status_code == 200
    assert LAST not in shown.content.decode()
    assert english_client().get(file).status_code == 404


def test_a_browser_that_placed_an_order_claimed_since_gets_no_document(order):
    client = english_client()
    session = client.session
    session[SESSION_KEY] = [order.pk]
    session.save()
    paper = Document.objects.first()

    assert client.get(reverse("order", args=[order.token])).status_code == 200
    assert client.get(reverse("order-paper", args=[order.token, paper.pk, "pdf"])).status_code == 404

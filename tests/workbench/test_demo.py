"""The demo data: loaded whole, once, and delivered; every state has an example."""

from collections import Counter
from datetime import timedelta

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from accounts.members.models import CustomerAccount
from accounts.members.services import roles_of
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.people.selectors import ids_with_proved_address
from billing.closures.held_up import due_through
from billing.closures.models import Closure
from billing.closures.verifying import faults_of_closures
from billing.ledger.models import LedgerEntry
from billing.taxes.deciding import Rule
from billing.taxes.kinds import TaxKind
from catalog.models.entries import Entry
from catalog.services.checks import check_entries
from documents.issued.models import Document, DocumentFile
from enrolments.grounds.models import Ground
from enrolments.learning.selectors import Stage, my_courses
from enrolments.seats.batches.models import FrozenFor
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat, SeatState
from handlers.contract import Level
from handlers.registry import installed
from outbox.jobs.models import Job
from outbox.jobs.running import run_due_jobs
from outbox.mails.models import Mail
from shop.books.models import BookExport
from shop.orders.freezing import reasons_of
from shop.orders.giving_back.models import GivingBack
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from shop.papers.models import MissingPaper
from shop.payments.due.models import DueReminder
from shop.payments.models import PaymentEvent
from shop.payments.on_account.services import is_overdue
from shop.payments.refunds.models import Refund
from shop.payments.requests.models import PaymentRequest
from shop.payments.statements.matching import proposals_for
from shop.payments.statements.models import BankStatement, StatementLine
from shop.payments.statements.refunds import sent_for
from shop.postings.verifying import faults_of_books
from shop.withdrawal.models import Withdrawal
from workbench.demo.people import DEMO_PEOPLE, PASSWORD


def stages(email: str) -> dict[str, Stage]:
    user = User.objects.get(email=email)
    return {mine.course.short_name: mine.stage for mine in my_courses(user, timezone.now())}


def _case(line: StatementLine) -> str:
    """Return what the demo's bank statement means by a line, as far as the shop can tell."""
    if line.amount < 0:
        return "refund" if any(sent.is_sure for sent in sent_for(line)) else "fee"
    found = proposals_for(line)
    if not found:
        return "nobody"
    return "sure" if found[0].is_sure else "near" if found[0].is_near else "likely"


@pytest.mark.xdist_group("demo")
class TestDemo(TestCase):
    """Test case of Django's own class, which loads the data once for all tests; each test leaves them unchanged."""

    @classmethod
    def setUpTestData(cls) -> None:
        call_command("seed_demo", verbosity=0)

    def test_orders_stand_in_every_state(self):
        states = set(Order.objects.values_list("status", flat=True))
        assert states == set(Order.Status)
        owed = GivingBack.objects.owed().values_list("line__order__status", flat=True)
        # Units given back of an order that goes on, and a refund that failed.
        assert list(owed) == ["completed"] * 2
        assert OrderLine.objects.get(status="failed").entry_code == "ELEC-BR-SESSION"
        assert set(Order.objects.filter(claimed_at=None).values_list("status", flat=True)) == {"placed", "completed"}

    def test_money_came_in_parts_on_promise_and_twice(self):
        assert PaymentEvent.objects.filter(outcome="allocated").count() == 4
        promises = PaymentRequest.objects.filter(state="covered").order_by("pk")
        assert [(each.promise, each.order.status) for each in promises] == [
            ("on_account", "completed"),
            ("opco", "completed"),
            ("opco", "placed"),
            ("public_mandate", "completed"),
        ]
        assert is_overdue(promises[0].order.account_id, timezone.now())
        steps = DueReminder.objects.filter(request=promises[0]).order_by("pk").values_list("step", flat=True)
        assert list(steps) == [DueReminder.Step.SOON, DueReminder.Step.FIRST, DueReminder.Step.SECOND]
        assert [event.kind for event in PaymentEvent.objects.needing_attention()] == ["disputed"]
        assert [event.outcome for event in PaymentEvent.objects.resolved()] == ["second_charge"]

    def test_it_happened_in_order_of_time(self):
        days = list(LedgerEntry.objects.order_by("pk").values_list("posted_on", flat=True))
        assert days == sorted(days)
        assert len(set(days)) > 20
        for model, column in (
            (Order, "placed_at"),
            (OrderEvent, "at"),
            (SeatEvent, "at"),
            (PaymentEvent, "received_at"),
        ):
            moments = list(model.objects.order_by("pk").values_list(column, flat=True))
            assert moments == sorted(moments), model
        assert list(faults_of_books()) == []

    def test_the_books_are_closed_as_far_as_they_are_due(self):
        now = timezone.now()
        closures = Closure.objects.filter(kind=Closure.Kind.DAY)
        assert closures.latest("ends_on").ends_on in (due_through(now), due_through(now - timedelta(days=1)))
        assert set(Closure.objects.values_list("kind", flat=True)) >= {Closure.Kind.DAY, Closure.Kind.MONTH}
        assert list(faults_of_closures()) == []

    def test_money_is_on_its_way_back_came_back_and_is_disputed(self):
        ways = Refund.objects.exclude(state="done").order_by("way").values_list("way", "state", "problem")
        assert list(ways) == [("provider", "failed", "account_closed"), ("transfer", "pending", "")]
        [frozen] = [order for order in Order.objects.all() if FrozenFor.DISPUTE in reasons_of(order)]
        assert frozen.method == "sandbox"

    def test_its_bank_statement_shows_each_case_once(self):
        lines = StatementLine.objects.order_by("pk")
        told = Counter(_case(line) for line in lines)

        assert told == {"sure": 1, "near": 1, "likely": 1, "refund": 1, "fee": 1, "nobody": 1}
        assert all(balance["difference"] == "0.00" for balance in BankStatement.objects.get().balances)

    def test_every_order_that_was_settled_has_its_invoice(self):
        settled = set(Order.objects.exclude(paid_at=None).exclude(gross=0).values_list("pk", flat=True))

        invoices = Document.objects.filter(kind__in=("invoice", "final"))
        assert set(invoices.values_list("order_id", flat=True)) == settled
        assert not MissingPaper.objects.exists()

    def test_there_is_a_document_of_every_kind(self):
        lacking = set(Document.Kind) - set(Document.objects.values_list("kind", flat=True))
        assert not lacking, f"the demo has no document of these kinds: {lacking}"
        [wrong] = Document.objects.exclude(kind="credit_note").filter(corrects__isnull=False)
        assert wrong.data["buyer"]["name"] != wrong.corrects.data["buyer"]["name"]
        of_opco = PaymentRequest.objects.get(promise="opco", order__paid_at__isnull=False)
        pair = Document.objects.filter(order_id=of_opco.order_id, kind="invoice").values_list("fact", flat=True)
        assert sorted(pair) == [f"invoice:order:{of_opco.order_id}", f"invoice:order:{of_opco.order_id}:opco:3"]
        mandate = Document.objects.get(order_id=Order.objects.get(method="public_mandate").pk)
        references = mandate.data["references"]
        assert (references["service_code"], references["purchase_order"]) == ("FORMATION", "EJ-2026-0815")

    def test_something_is_sold_on_every_kind_of_tax_code(self):
        """Small businesses without VAT are left out: a shop that charges it is none."""
        sold = set(OrderLine.objects.filter(order__paid_at__isnull=False).values_list("tax_terms__kind", flat=True))
        lacking = set(TaxKind) - {TaxKind.FRANCHISE, TaxKind.UNDECIDED} - sold
        assert not lacking, f"the demo sells nothing on tax codes of these kinds: {lacking}"
        rules = set(OrderLine.objects.values_list("tax_terms__rule", flat=True))
        lacking = set(Rule) - {Rule.OWN} - rules
        assert not lacking, f"the demo has no sale taxed by these rules: {lacking}"

    def test_a_private_person_has_withdrawn_from_a_contract(self):
        [withdrawal] = Withdrawal.objects.all()
        assert not withdrawal.order.is_organisation
        assert withdrawal.proposed == withdrawal.order.gross
        assert reasons_of(withdrawal.order) == {FrozenFor.WITHDRAWAL}

    def test_seats_stand_in_every_state(self):
        assert set(Seat.objects.values_list("state", flat=True)) == set(SeatState)
        assert SeatEvent.objects.filter(from_state="assigned", to_state="available").exists()
        blank = Seat.objects.filter(batch__source="session", state="available")
        assert blank.count() == 1

    def test_learners_are_at_every_point_of_their_way(self):
        assert stages("lea.martin@lacombe.example") == {
            "SEC-SST": Stage.RUNNING,
            "SEC-GEP": Stage.RUNNING,
            "MAN-EQU": Stage.AHEAD,
            "SEC-EVA": Stage.OVER,
        }
        never_came = User.objects.get(email="hugo.petit@lacombe.example")
        assert (ids_with_proved_address([never_came]), never_came.last_login) == (set(), None)
        entered = Seat.objects.filter(state="consumed").values_list("person__email", "course__short_name")
        assert ("samira.benali@lacombe.example", "SEC-SST") in entered
        assert Ground.objects.get(kind=Ground.Kind.MERCHANT).enrolment.user.email == "benoit.lefort@demo.example"
        roles = set(Ground.objects.live().values_list("enrolment__role__code", flat=True))
        assert roles == {"student", "tutor", "teacher"}
        assert Delegation.objects.filter(account__name="Menuiserie Lacombe").exists()

    def test_each_account_has_one_member_for_each_right(self):
        for account in CustomerAccount.objects.filter(orders__claimed_at__isnull=False).distinct():
            held = {role for member in account.memberships.all() for role in roles_of(member)}
            assert len(held) == 4, account
            assert account.memberships.count() == 4, account

    def test_whoever_is_introduced_can_sign_in(self):
        with translation.override("en"):
            said = {str(person.role) for person in DEMO_PEOPLE}
        assert {"merchant (administration)", "customer (owner)", "operator", "learner"} <= said
        users = {person.email: User.objects.get(email=person.email) for person in DEMO_PEOPLE}
        assert all(user.check_password(PASSWORD) for user in users.values())
        assert ids_with_proved_address(list(users.values())) == {user.pk for user in users.values()}
        assert [email for email, user in users.items() if user.is_staff] == ["merchant@demo.example"]

    def test_it_sells_something_of_every_handler_and_all_entries_are_in_order(self):
        sold = set(Entry.objects.exclude(handler="").values_list("handler", flat=True))
        assert sold == {"specific" if found.specific else found.handler.name for found in installed()}
        on_sale = [(entry.code, found) for entry, found in check_entries() if entry.is_on_sale]
        assert [(code, str(found.message)) for code, found in on_sale if found.level is not Level.INFO] == []

    def test_is_loaded_once_and_leaves_a_worker_nothing_but_mails_and_files(self):
        counts = [model.objects.count() for model in (Order, User, Seat, Entry, Mail)]
        call_command("seed_demo", verbosity=0)
        assert [model.objects.count() for model in (Order, User, Seat, Entry, Mail)] == counts

        before = list(Order.objects.order_by("pk").values_list("pk", "status"))
        run_due_jobs()

        assert list(Order.objects.order_by("pk").values_list("pk", "status")) == before
        [dead] = Job.objects.dead()
        assert Mail.objects.get(pk=dead.payload["mail_id"]).recipient == "bureau@lacombe.example"
        assert set(Mail.objects.values_list("state", flat=True)) == {"sent", "failed", "recalled"}
        assert DocumentFile.objects.values("document").distinct().count() == Document.objects.count()
        exports = BookExport.objects.order_by("pk")
        assert [(each.kind, each.made_at is not None, bool(each.rows)) for each in exports] == [
            ("fec", True, True),
            ("vat", True, True),
        ]
        # Released before the mail left, whose news is told to nobody; and reminders of parts that were paid since.
        recalled = Mail.objects.filter(state="recalled").values_list("kind", "recipient")
        news = [recipient for kind, recipient in recalled if kind != "part_due"]
        assert news == ["tom.girard@lacombe.example"]

    def test_every_list_of_the_administration_is_read_in_few_queries_and_in_both_languages(self):
        """The limit is the same for one row as for fifty: each list has more rows than the queries allowed."""
        merchant = User.objects.get(email="merchant@demo.example")
        for language in ("fr", "en"):
            User.objects.filter(pk=merchant.pk).update(language=language)
            client = Client(headers={"accept-language": language})
            client.force_login(User.objects.get(pk=merchant.pk))
            for model, model_admin in admin.site._registry.items():
                address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
                with CaptureQueriesContext(connection) as seen:
                    page = client.get(address, {"q": "e"} if model_admin.search_fields else {}, follow=True)
                assert page.status_code == 200, address
                assert len(seen) <= 20, (address, [query["sql"][:90] for query in seen])

    def test_every_filter_of_every_list_is_answered(self):
        client = Client()
        client.force_login(User.objects.get(email="merchant@demo.example"))
        for model in admin.site._registry:
            address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            shown = client.get(address, follow=True).context.get("cl")
            for spec in shown.filter_specs if shown else ():
                for value in [*[choice[0] for choice in getattr(spec, "lookup_choices", ())][:2], "nonsense"]:
                    for name in spec.expected_parameters():
                        found = client.get(address, {name: value}, follow=True)
                        assert found.status_code == 200, (address, name, value)

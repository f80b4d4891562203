"""Every fact about money in the ledger: at once, and later for facts of a release that knew no ledger."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_account
from billing.ledger.models import Account, LedgerEntry, LedgerLine
from billing.ledger.selectors import balance, balances_of_order
from billing.ledger.tasks import seal_entries
from catalog.models.entries import Entry
from common.moments import local_day
from shop.orders.claim import claim_order, move_claimed_order
from shop.orders.ending import cancel_order
from shop.orders.giving_back.paying_back import mark_owed_again, mark_paid_back, owed_for
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from shop.payments.attention import mark_open_again, mark_resolved
from shop.payments.models import PaymentEvent, Settlement
from shop.postings import services
from shop.postings.services import missing_facts
from shop.postings.sources import SOURCES
from shop.postings.tasks import KNOWN, post_missing_facts
from shop.postings.verifying import faults_of_books
from shop.seller.models import ShopIdentity
from tests.billing.test_chain import by_owner_of_the_tables
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.shop import fill_cart, make_cart, pay, place
from tests.shop.merchants import staff
from tests.shop.papers.given import SIRET, complete_seller

pytestmark = pytest.mark.django_db

REASON = "Not needed"


@pytest.fixture
def standard() -> Entry:
    return EntryFactory(code="BOOK", tiers={1: "10.01"}, tax=TaxFactory(rate=Decimal("20.00")))


@pytest.fixture
def order(standard) -> Order:
    """Three units at 20 % and one at 5.5 %: 30.03 + 6.01 and 7.00 + 0.39 (43.43)."""
    cart = make_cart(standard, quantity=3)
    fill_cart(cart, EntryFactory(code="MAP", tiers={1: "7.00"}, tax=TaxFactory(rate=Decimal("5.50"))))
    return place(cart, email="alice@example.org", register_number=SIRET)


@pytest.fixture
def seller() -> ShopIdentity:
    """Seller with all that an invoice must say, so that it is issued with the settlement."""
    return complete_seller()


def open_sums(order: Order) -> dict[str, int]:
    return {account.value: amount for account, amount in balances_of_order(order.pk).items()}


def parts(account: Account) -> dict[str, int]:
    """Sum an account by part; that of a tax code by its rate."""
    lines = LedgerLine.objects.filter(account=account).order_by()
    return {part.rpartition(":")[2]: total for part, total in lines.values_list("part").annotate(Sum("amount"))}


def give_back(order: Order, count: int, *, first: int = 0) -> Decimal:
    line = order.lines.get(entry_code="BOOK")
    given = give_units_back(
        order_id=order.pk,
        units={line.pk: range(first, first + count)},
        actor=staff(),
        reason=REASON,
        now=timezone.now(),
    )
    return given.worth


def note_paid_back(order: Order) -> None:
    now = timezone.now()
    mark_paid_back(
        order_id=order.pk,
        amount=owed_for(order),
        paid_on=local_day(now),
        reference="VIR 1",
        actor=staff(),
        now=now,
    )


class TestAtOnce:
    def test_a_paid_order_is_sold_by_tax_rate_and_owes_nothing(self, seller, order):
        assert pay(order) == "settled"

        assert open_sums(order) == {"sales": -3703, "vat": -640, "in_transit": 4343}
        assert parts(Account.SALES) == {"20.00": -3003, "5.50": -700}
        assert parts(Account.VAT) == {"20.00": -601, "5.50": -39}
        assert parts(Account.IN_TRANSIT) == {"sandbox": 4343}
        kinds = LedgerEntry.objects.order_by("fact").values_list("kind", flat=True)
        assert sorted(kinds) == ["allocated", "invoice", "money_in", "sale"]

    def test_a_payment_told_twice_is_posted_once(self, order):
        pay(order)
        before = LedgerLine.objects.count()
        pay(order)
        pay(order, event_id="again")

        assert LedgerLine.objects.count() == before

    def test_what_is_free_leaves_no_entry(self):
        order = place(make_cart(EntryFactory(tiers={1: "0.00"})), user=UserFactory())
        order.refresh_from_db()

        assert order.paid_at is not None
        assert not LedgerEntry.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "outcome"),
        [
            ({"reference": "second", "event_id": "second"}, "second_charge"),
            ({"amount": Decimal("5.00"), "event_id": "less", "reference": "less"}, "second_charge"),
        ],
    )
    def test_money_that_pays_for_nothing_is_unallocated(self, order, changes, outcome):
        pay(order)
        assert pay(order, **changes) == outcome

        amount = int(changes.get("amount", order.gross) * 100)
        assert balance(Account.UNALLOCATED, currency="EUR", order_id=order.pk) * 100 == -amount

    def test_money_for_an_unknown_order_is_nobodys(self, order):
        assert pay(order, order_number="ZZ-1") == "unknown_order"

        line = LedgerLine.objects.get(account="unallocated")
        assert (line.customer_id, line.order_id, line.amount) == (None, None, -4343)

    def test_money_resolved_was_sent_back_and_reopened_it_was_not(self, order):
        pay(order)
        pay(order, reference="second", event_id="second")
        event, now = PaymentEvent.objects.get(event_id="second"), timezone.now()

        mark_resolved(event_id=event.pk, note="Sent back", actor=staff(), now=now)
        assert balance(Account.UNALLOCATED, currency="EUR") == 0
        assert balance(Account.REFUNDS_SENT, currency="EUR") == -order.gross

        mark_open_again(event_id=event.pk, actor=staff(), now=now + timedelta(minutes=1))
        assert balance(Account.UNALLOCATED, currency="EUR") == -order.gross
        assert balance(Account.REFUNDS_SENT, currency="EUR") == 0

    def test_a_refund_leaves_the_provider_and_comes_back_when_it_fails(self, order):
        pay(order)
        pay(order, kind="refunded", event_id="back", amount=Decimal("20.00"))
        assert parts(Account.IN_TRANSIT) == {"sandbox": 2343}
        assert balance(Account.REFUNDS_SENT, currency="EUR") == 20

        pay(order, kind="refund_failed", event_id="failed", amount=Decimal("20.00"))
        assert parts(Account.IN_TRANSIT) == {"sandbox": 4343}
        assert balance(Account.REFUNDS_SENT, currency="EUR") == 0

    def test_units_given_back_one_by_one_take_off_what_the_line_was_sold_for(self, seller, order):
        pay(order)
        for unit in range(3):
            give_back(order, 1, first=unit)

        assert parts(Account.SALES) == {"20.00": 0, "5.50": -700}
        assert parts(Account.VAT) == {"20.00": 0, "5.50": -39}
        assert balance(Account.REFUNDS_OWED, currency="EUR") == -Decimal("36.04")

    def test_what_is_owed_back_is_owed_until_it_is_noted_and_again_after_a_mistake(self, order):
        pay(order)
        worth = give_back(order, 2)
        note_paid_back(order)
        assert balance(Account.REFUNDS_OWED, currency="EUR") == 0
        assert balance(Account.REFUNDS_SENT, currency="EUR") == -worth

        mark_owed_again(order_id=order.pk, actor=staff(), now=timezone.now())
        assert balance(Account.REFUNDS_OWED, currency="EUR") == -worth
        assert balance(Account.REFUNDS_SENT, currency="EUR") == 0

    def test_a_claimed_order_moves_by_an_entry_and_its_account_is_closed(self, order):
        alice = UserFactory(email="alice@example.org")
        own = MembershipFactory(user=alice).account
        pay(order)
        give_back(order, 1)
        made_for_it, posted = order.account_id, LedgerLine.objects.count()
        claim_order(order_id=order.pk, user=alice, now=timezone.now())
        move_claimed_order(order_id=order.pk, user=alice, account_id=own.pk, now=timezone.now())

        closed = CustomerAccount.objects.get(pk=made_for_it)
        assert (closed.closed_at is not None, closed.name, closed.city) == (True, "", "")
        assert not keep_account(closed.pk)
        assert balance(Account.REFUNDS_OWED, currency="EUR", customer_id=closed.pk) == 0
        assert balance(Account.REFUNDS_OWED, currency="EUR", customer_id=own.pk) == -owed_for(order)
        assert LedgerLine.objects.count() > posted
        assert list(faults_of_books()) == []

    def test_money_dealt_with_pays_for_nothing_any_more(self, order):
        """A late payment was sent back; the provider's repeated message must not pay the order with it."""
        cancel_order(order_id=order.pk, actor=staff(), reason=REASON, now=timezone.now())
        order.requests.update(amount=order.gross + 1)  # so that it pays nothing yet
        pay(order)
        order.requests.update(amount=order.gross)
        event = PaymentEvent.objects.get()
        mark_resolved(event_id=event.pk, note="Sent back", actor=staff(), now=timezone.now())

        assert pay(order, event_id="again") == "known"

        order.refresh_from_db()
        assert order.status == Order.Status.CANCELLED
        mark_open_again(event_id=event.pk, actor=staff(), now=timezone.now())
        assert pay(order, event_id="once more") == "settled"


def a_history(order: Order) -> None:
    """Let everything happen that a release without the ledger knew."""
    other = place(make_cart(order.lines.first().entry), email="bob@example.org")
    pay(order)
    pay(order, reference="second", event_id="second")
    pay(order, reference="third", event_id="third")
    pay(other, reference="too little", event_id="less", amount=Decimal("1.00"))
    pay(order, order_number="ZZ-1", reference="whose", event_id="whose")
    pay(order, kind="refunded", event_id="back", amount=Decimal("20.00"))
    for name in ("second", "third"):
        mark_resolved(
            event_id=PaymentEvent.objects.get(event_id=name).pk, note="Sent", actor=staff(), now=timezone.now()
        )
    mark_open_again(
        event_id=PaymentEvent.objects.get(event_id="third").pk,
        actor=staff(),
        now=timezone.now() + timedelta(minutes=1),
    )
    give_back(order, 1)
    note_paid_back(order)
    give_back(order, 1, first=1)
    mark_owed_again(order_id=order.pk, actor=staff(), now=timezone.now())


def all_sums() -> dict[tuple[str, str, int | None, int | None], int]:
    lines = LedgerLine.objects.order_by().values_list("account", "part", "customer", "order_id")
    return {tuple(key): total for *key, total in lines.annotate(Sum("amount"))}


class TestLater:
    @pytest.fixture
    def without_ledger(self, monkeypatch):
        """Let facts come about as in the release before, which posts nothing."""
        with monkeypatch.context() as before:
            before.setattr(services, "post", lambda entries: None)
            yield before

    def test_facts_without_entries_are_named_and_posted_like_new_ones(self, order, without_ledger):
        a_history(order)
        assert not LedgerEntry.objects.exists()
        settlement = Settlement.objects.get()
        named = list(faults_of_books())
        assert f"Without an entry: settlement {settlement.pk}, order {order.number}." in named
        for kind, count in {
            "settlement": 1,
            "payment": 5,
            "allocation": 1,
            "units given back": 2,
            "note of money paid back": 2,
            "payment resolved": 2,
            "payment reopened": 1,
            "refund of a provider": 1,
        }.items():
            pattern = rf"Without an entry: {kind} \d+, order"
            assert sum(bool(re.match(pattern, fault)) for fault in named) == count
        without_ledger.undo()

        post_missing_facts()
        posted = all_sums()

        assert list(faults_of_books()) == []
        assert post_missing_facts() == 0
        assert all_sums() == posted

    def test_what_is_posted_later_is_what_is_posted_at_once(self, order):
        a_history(order)
        at_once = {
            entry.fact: sorted(entry.lines.values_list("account", "part", "amount"))
            for entry in LedgerEntry.objects.all()
        }
        by_owner_of_the_tables(
            "DELETE FROM billing_ledgerline", "DELETE FROM billing_unsealedentry", "DELETE FROM billing_ledgerentry"
        )

        post_missing_facts()

        later = {
            entry.fact: sorted(entry.lines.values_list("account", "part", "amount"))
            for entry in LedgerEntry.objects.all()
        }
        assert later == at_once

    def test_once_none_is_missing_only_newer_facts_are_looked_at_for_a_day(self, order, standard, without_ledger):
        a_history(order)
        before = len(Settlement.objects.all())
        without_ledger.undo()
        assert post_missing_facts() > 0
        assert post_missing_facts() == 0
        by_owner_of_the_tables(
            "DELETE FROM billing_ledgerline", "DELETE FROM billing_unsealedentry", "DELETE FROM billing_ledgerentry"
        )
        with pytest.MonkeyPatch.context() as release_before:
            release_before.setattr(services, "post", lambda entries: None)
            pay(place(make_cart(standard), email="bob@example.org"), reference="new", event_id="new")

        assert post_missing_facts() == 3
        assert {source.name for source, _key, _number in missing_facts()} >= {"settlement", "payment"}

        # A day later, or with an empty cache.
        cache.delete(KNOWN)
        assert post_missing_facts() > before
        assert list(missing_facts()) == []

    def test_a_chunk_of_facts_takes_as_many_statements_for_one_as_for_many(self, standard, without_ledger, monkeypatch):
        for number in range(4):
            order = place(make_cart(standard), email=f"{number}@example.org")
            pay(order, reference=str(number), event_id=str(number))
        without_ledger.undo()
        counts = []
        for size in (1, 3):
            monkeypatch.setattr(services, "CHUNK", size)
            with CaptureQueriesContext(connection) as asked:
                assert services.post_missing(SOURCES[0]) == size
            counts.append(len(asked))

        assert counts[0] == counts[1]


class TestVerifyLedger:
    def test_says_that_all_is_well(self, order):
        pay(order)
        seal_entries()
        told = StringIO()
        call_command("verify_ledger", stdout=told)

        assert told.getvalue() == "The ledger is whole.\n"

    def test_names_what_an_order_says_otherwise(self, order):
        pay(order)
        give_back(order, 1)
        order.lines.get(entry_code="BOOK").givings_back.update(amount=Decimal("1.00"))
        told = StringIO()

        with pytest.raises(CommandError, match="2 fault"):
            call_command("verify_ledger", stderr=told)
        assert f"Order {order.number} has 4243 not invoiced" in told.getvalue()
        assert f"Order {order.number} owes 100 by its units given back, and 1201 by the ledger." in told.getvalue()

"""Any history of an order: after each step the ledger says what the documents say, and what is owed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.journal.vat import Basis, vat_due
from billing.ledger.models import LedgerLine
from billing.ledger.selectors import balances_of_order
from common.currencies import in_minor_units
from common.refusals import Refused
from documents.issued.models import Document
from shop.orders.giving_back.services import give_units_back
from shop.orders.models import Order
from shop.papers.credit_notes.correcting import correct_document
from shop.papers.credit_notes.details import BillingDetails
from shop.papers.credit_notes.rests import rests_of
from shop.papers.lines import lines_of
from shop.papers.models import InvoicedLine, MissingPaper
from shop.papers.services import issue_by_hand
from shop.payments.requests.asked import asked_of, still_to_come
from shop.payments.requests.planning import Part, plan_payments
from shop.payments.requests.promises import accept_promise
from shop.postings import services as postings
from shop.postings.parts import part_of
from shop.postings.verifying import faults_of_books
from shop.seller.models import ShopIdentity
from shop.withdrawal.services import withdraw_from_contract
from tests.constraints import run
from tests.factories.shop import units_left
from tests.shop.papers.credit_notes.given import ordered, said_by
from tests.shop.papers.given import SELLER
from tests.shop.papers.test_shares import AKTO
from tests.shop.payments.requests.plans import piece
from tests.shop.payments.requests.walk import SETTLED, Walk

pytestmark = pytest.mark.django_db


class Undone(Exception):
    """End of one example, whose rows are rolled back."""


class History(Walk):
    """One order of three lines, three units each, with all that makes papers."""

    def __init__(self, order: Order, chance: Random) -> None:
        super().__init__(order, 0)
        self.chance = chance

    def step(self, act: str) -> None:
        with suppress(Refused), transaction.atomic():
            getattr(self, act)()
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run("SET CONSTRAINTS ALL DEFERRED")
        self.order.refresh_from_db()

    def piece(self) -> None:
        piece(self.order, self.chance.choice(["10", "35.51", "70"]), self.reference())

    def plan(self) -> None:
        first = (self.order.gross / 3).quantize(Decimal("0.01"))
        second = (self.order.gross / 4).quantize(Decimal("0.01"))
        day = timezone.localdate() + timedelta(days=30)
        parts = [Part(first, None), Part(second, day), Part(self.order.gross - first - second, day)]
        plan_payments(order_id=self.order.pk, parts=parts, actor=self.merchant, now=timezone.now())

    def opco(self) -> None:
        asked = asked_of(self.order)
        told = {"reference": "F-1", "due_on": timezone.localdate(), "actor": self.merchant, "now": timezone.now()}
        positions = [self.chance.choice(asked).request.position]
        accept_promise(order_id=self.order.pk, kind="opco", positions=positions, giver=AKTO, **told)
        rest = [each.request.position for each in asked if each.request.position not in positions]
        if rest:
            accept_promise(order_id=self.order.pk, kind="on_account", positions=rest, **told)

    def give_back(self) -> None:
        line_id, units = self.chance.choice(list(units_left(self.order).items()))
        told = {"actor": self.merchant, "reason": "Agreed", "now": timezone.now()}
        amount = self.chance.choice([None, None, Decimal("7.77"), Decimal(0)])
        give_units_back(
            order_id=self.order.pk, units={line_id: units[: self.chance.randint(1, 3)]}, amount=amount, **told
        )

    def correct(self) -> None:
        rests = rests_of(self.order.pk)
        if not rests:
            return
        document = Document.objects.get(pk=self.chance.choice(sorted(rests)))
        correct_document(
            order_id=self.order.pk,
            document_id=document.pk,
            details=replace(BillingDetails.of(said_by(document)), city=f"Ville {document.pk}"),
            rest=sum((amount.gross for amount in rests[document.pk].values()), Decimal(0)),
            reason="Typed wrong",
            actor=self.merchant,
            now=timezone.now(),
        )

    def lose_words(self) -> None:
        ShopIdentity.objects.update(siret="")

    def find_words(self) -> None:
        ShopIdentity.objects.update(siret=SELLER["siret"])

    def by_hand(self) -> None:
        issue_by_hand(order_id=self.order.pk, actor=self.merchant, now=timezone.now())

    def withdraw(self) -> None:
        told = {"name": "Camille Roy", "answer_to": "camille@example.org", "now": timezone.now()}
        withdraw_from_contract(order_id=self.order.pk, **told)

    def check(self) -> None:
        assert list(faults_of_books()) == []
        self._only_lacking_papers_are_noted()
        self._sales_are_those_of_documents()
        self._open_is_what_is_owed()
        self._nothing_is_credited_beyond_its_invoice()
        self._vat_falls_due_once_paid()

    def _only_lacking_papers_are_noted(self) -> None:
        is_noted = MissingPaper.objects.filter(order=self.order).exists()
        if self.order.status in SETTLED:
            assert is_noted == any(each.lacks_documents for each in lines_of(self.order.pk))
        elif self.order.status != Order.Status.PLACED:
            assert is_noted == bool(rests_of(self.order.pk))

    def _sales_are_those_of_documents(self) -> None:
        rows = InvoicedLine.objects.filter(line__order=self.order).select_related("line")
        vat: dict[str, int] = defaultdict(int)
        net: dict[str, int] = defaultdict(int)
        for row in rows:
            vat[part_of(row.line)] += in_minor_units(row.tax, "EUR")
            net[part_of(row.line)] += in_minor_units(row.net, "EUR")
        assert self._posted("vat") == {part: units for part, units in vat.items() if units}
        of_sales, of_deposits = self._posted("sales"), self._posted("deposits")
        of_deposits.pop("", None)
        said = {part: units for part, units in net.items() if units}
        assert (of_sales, of_deposits) == ((said, {}) if self.order.paid_at else ({}, said))

    def _posted(self, account: str) -> dict[str, int]:
        lines = LedgerLine.objects.filter(order_id=self.order.pk, account=account).order_by()
        sums = lines.values_list("part").annotate(sum=Sum("amount"))
        return {part: -total for part, total in sums if total}

    def _open_is_what_is_owed(self) -> None:
        order, sums, asked = self.order, balances_of_order(self.order.pk), asked_of(self.order)
        received = sum(in_minor_units(each.received, "EUR") for each in asked)
        owed = in_minor_units(still_to_come(asked), "EUR")
        is_settled = order.status in SETTLED
        assert sums.get("receivable", 0) == (owed if is_settled else 0)
        in_deposits = sums.get("deposits", 0) + (0 if is_settled else sums.get("vat", 0))
        assert -in_deposits == (0 if is_settled else received)

    def _nothing_is_credited_beyond_its_invoice(self) -> None:
        for of_invoice in rests_of(self.order.pk).values():
            assert all(amount.net >= 0 and amount.tax >= 0 for amount in of_invoice.values())

    def _vat_falls_due_once_paid(self) -> None:
        day = timezone.localdate()
        period = {"starts": day - timedelta(days=1), "ends": day + timedelta(days=400), "currency": "EUR"}
        on_debits = list(vat_due(Basis.DEBITS, **period))
        assert {row.part: row.vat for row in on_debits if row.vat} == self._posted("vat")
        on_receipts = list(vat_due(Basis.RECEIPTS, **period))
        assert all(row.vat >= 0 and row.net >= 0 for row in on_receipts)
        sums = balances_of_order(self.order.pk)
        if not any(sums.get(account) for account in ("receivable", "refunds_owed", "unallocated")):
            assert on_receipts == on_debits


PAYING = ("piece", "part", "whole", "over", "plan", "promise", "opco", "apply", "credit", "send_back", "together")
ENDING = ("cancel", "expire", "withdraw")
PAPERS = ("give_back", "give_back", "correct", "correct", "lose_words", "find_words", "by_hand")
BANKS = ("lose", "win")
# Steps which make what the others need come early enough to be met.
STARTS = (
    (),
    ("plan", "part"),
    ("plan", "opco"),
    ("whole",),
    ("plan", "part", "cancel"),
    ("lose_words", "plan", "part"),
)
acts = st.lists(st.sampled_from(PAYING + ENDING + PAPERS + BANKS), max_size=10)


def walked(chance: Random, acts: Iterable[str], *, rule: str, **buyer: object) -> None:
    """Let acts happen to an order, look at it after each, and undo all."""
    with suppress(Undone), transaction.atomic():
        order = ordered("33.33", "10.01", "100.00", quantity=3, rates=("20.00", "5.50", "0.00"), **buyer)
        Order.objects.filter(pk=order.pk).update(release_rule=rule)
        order.refresh_from_db()
        history = History(order, chance)
        for act in acts:
            history.step(act)
            history.check()
        raise Undone


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    start=st.sampled_from(STARTS),
    acts=acts,
    chance=st.randoms(use_true_random=False),
    is_private=st.booleans(),
    rule=st.sampled_from(Order.ReleaseRule.values),
)
def test_books_and_documents_agree_after_each_step(seller, start, acts, chance, is_private, rule):
    private = {"is_organisation": False, "register_number": ""} if is_private else {}
    walked(chance, (*start, *acts), rule=rule, **private)


@pytest.mark.parametrize("acts", [("whole", "give_back"), ("plan", "part", "cancel"), ("whole", "correct")])
def test_documents_without_their_entries_are_noticed(seller, monkeypatch, acts):
    monkeypatch.setattr(postings, "posts_documents", lambda order: False)
    with pytest.raises(AssertionError):
        walked(Random(1), acts, rule=Order.ReleaseRule.ALL)

"""Credit notes where something is kept: a place cancelled on its terms, and a contract withdrawn from that had begun.

Net and tax of what is kept stay invoiced, to the cent.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from enrolments.grounds.models import Enrolment, Ground
from handlers.testing import parameters
from shop.cancelling.selectors import chosen_units, cost_of, offers_for
from shop.cancelling.services import cancel_units
from shop.checkout.place import Consent
from shop.orders.giving_back.owed import owed_for
from shop.orders.models import Order
from shop.papers.credit_notes.rests import rests_of
from shop.postings.verifying import faults_of_books
from shop.withdrawal.models import Withdrawal
from shop.withdrawal.services import withdraw_from_contract
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import deliver, make_cart, pay, place
from tests.shop.papers.credit_notes.given import credit_notes_of, give_back, invoice_of, said_by
from tests.shop.papers.given import SIRET

pytestmark = pytest.mark.django_db
D = Decimal


def kept(order: Order) -> tuple[Decimal, Decimal]:
    """Return net and tax of what the only invoice of an order still says of its only line."""
    [lines] = rests_of(order.pk).values()
    [amount] = lines.values()
    return amount.net, amount.tax


class TestCancelledOnItsTerms:
    @pytest.fixture
    def order(self, seller) -> Order:
        """Three seats for 33.33 net each, 20 %; of one that is cancelled 10 % are kept, and 5.00."""
        owner = MembershipFactory(is_owner=True)
        terms = {"cancel_days_after": 14, "cancel_share_kept": D("10.00"), "cancel_fee": D("5.00")}
        entry = EntryFactory(handler="std_generateseats", tiers={1: "33.33"}, tax=TaxFactory(), **terms)
        cart = make_cart(entry, quantity=3, user=owner.user)
        order = place(cart, user=owner.user, account=owner.account, register_number=SIRET)
        pay(order)
        return deliver(order)

    def cancel(self, order: Order, count: int) -> None:
        now, counts = timezone.now(), {order.lines.get().pk: count}
        offers = offers_for(order.pk, now=now)
        back = cost_of(offers, chosen_units(offers, counts)).back
        cancel_units(order_id=order.pk, counts=counts, back=back, actor=order.buyer, now=now)

    def test_the_credit_note_says_what_goes_back(self, order):
        assert (order.net, order.tax) == (D("99.99"), D("20.00"))
        self.cancel(order, 1)

        [note] = credit_notes_of(order)
        said = said_by(note)
        # Worth 40.00, since two cost 79.99; less 10 %, and less 5.00.
        assert (said.net, said.tax, said.gross) == (D("25.83"), D("5.17"), D("31.00"))
        assert [(line.quantity, line.net) for line in said.lines] == [(1, D("25.83"))]
        assert kept(order) == (D("74.16"), D("14.83"))
        assert list(faults_of_books()) == []

    def test_all_of_them_one_by_one_leave_what_is_kept_of_each(self, order):
        for _unit in range(3):
            self.cancel(order, 1)

        notes = [said_by(note) for note in credit_notes_of(order)]
        net, tax = kept(order)
        assert sum(note.gross for note in notes) + net + tax == order.gross == said_by(invoice_of(order)).gross
        assert net + tax == D("27.00")
        assert tax == D("4.50")
        assert list(faults_of_books()) == []


class TestWithdrawnFrom:
    def withdrawn(self, *, after: Decimal) -> Order:
        """Return an order of a private person for 83.33 net, begun at their request and withdrawn from when a part of
        its time has passed, of which the merchant pays back what is proposed."""
        handler = "std_enroloncourse"
        given = parameters(handler, coursename=CourseFactory().short_name, duration=20)
        entry = EntryFactory(handler=handler, parameters=given, tiers={1: "83.33"}, tax=TaxFactory())
        order = place(make_cart(entry), is_organisation=False, consent=Consent(None, start_at_once=True))
        pay(order)
        deliver(order)
        ground = Ground.objects.get(order_id=order.pk, kind="line")
        Enrolment.objects.filter(pk=ground.enrolment_id).update(first_entered_at=ground.starts_at)
        passed = (ground.ends_at - ground.starts_at) / timedelta(seconds=1) * float(after)
        at = ground.starts_at + timedelta(seconds=passed)
        withdraw_from_contract(order_id=order.pk, name="Camille Roy", answer_to="camille@example.org", now=at)
        proposed = Withdrawal.objects.get().proposed
        give_back(order, 0, amount=str(proposed), include_consumed=True, now=at)
        return order

    def test_what_was_used_stays_invoiced(self, seller):
        order = self.withdrawn(after=D("0.25"))

        [note] = credit_notes_of(order)
        said = said_by(note)
        assert (said.buyer_kind, said.net, said.tax, said.gross) == ("consumer", D("62.50"), D("12.50"), D("75.00"))
        assert kept(order) == (D("20.83"), D("4.17"))
        assert owed_for(order) == D("75.00")
        assert list(faults_of_books()) == []

    def test_before_it_began_all_is_credited(self, seller):
        order = self.withdrawn(after=D(0))

        [note] = credit_notes_of(order)
        assert said_by(note).lines == said_by(invoice_of(order)).lines
        assert rests_of(order.pk) == {}
        assert owed_for(order) == order.gross
        assert list(faults_of_books()) == []

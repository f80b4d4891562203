"""At the same moment.

A refund goes into two transfer files; unallocated money is sent back and given to an order; a place is cancelled and
given to somebody.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from django.utils import timezone

from catalog.cancelling import CancelTerms
from enrolments.seats import assign as assign_module
from enrolments.seats.models import Seat
from shop.cancelling import services as cancelling
from shop.orders.giving_back.models import GivingBack
from shop.orders.giving_back.owed import owed_for
from shop.orders.giving_back.services import give_units_back
from shop.orders.lines.models import OrderLine
from shop.payments.models import PaymentEvent
from shop.payments.refunds import unallocated
from shop.payments.refunds.models import Refund
from shop.payments.refunds.sending import How, send_back
from shop.payments.requests.using import keep_as_credit
from shop.payments.transfers_back import services as transfers
from shop.payments.transfers_back.accounts import keep_account
from shop.payments.transfers_back.models import TransferFile
from shop.postings.verifying import faults_of_books
from shop.seller.models import ShopIdentity
from tests.enrolments.given import assign
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place, units_left
from tests.rivals.processes import Rival, deadlocks_among, errors_among, no_row_locks, race
from tests.rivals.test_given_back import paid_packs

IBAN = "DE89370400440532013000"
ABOUT_TO_MAKE_A_FILE = [(transfers, "new_message_id")]
ABOUT_TO_SEND = [(unallocated, "close_event")]
ABOUT_TO_PLACE = [(assign_module, "take_free_seats")]
ABOUT_TO_GIVE_BACK = [(cancelling, "give_units_back")]


class TestOneRefundInTwoFiles:
    def made_by_two(self, **how):
        merchant, now = UserFactory(is_staff=True), timezone.now()
        ShopIdentity.objects.update(name="Academy", iban="FR1420041010050500013M02606")
        order = place(make_cart(EntryFactory(), quantity=2), email="buyer@example.org")
        pay(order)
        give_units_back(order_id=order.pk, units=units_left(order), actor=merchant, reason="", now=now)
        payee = keep_account(holder="Alice", iban=IBAN, order=order, actor=merchant, now=now)
        send_back(order_id=order.pk, owed=owed_for(order), how=How.TRANSFER, payee=payee, actor=merchant, now=now)
        keys = [Refund.objects.get().pk]
        make = partial(transfers.make_file, refund_ids=keys, execute_on=now.date(), actor=merchant, now=now)
        return race(lambda: bool(make()), lambda: bool(make()), before=ABOUT_TO_MAKE_A_FILE, **how)

    def test_one_file_has_it(self):
        answers = self.made_by_two()
        assert errors_among(answers) == ["NothingToTransfer"]
        assert deadlocks_among(answers) == 0
        assert TransferFile.objects.count() == 1

    def test_control_without_the_locks_two_files_are_made_for_it(self):
        assert errors_among(self.made_by_two(without=no_row_locks)) == []
        assert TransferFile.objects.count() == 2


class TestUnallocatedMoney:
    def used_twice(self, **how):
        """Send a second charge back while somebody keeps it as credit."""
        merchant, now = UserFactory(is_staff=True), timezone.now()
        order = place(make_cart(EntryFactory(), quantity=2), email="buyer@example.org")
        pay(order, provider="sandbox")
        pay(order, provider="sandbox", reference="again", event_id="again")
        event = PaymentEvent.objects.needing_attention().get()
        told = {"event_id": event.pk, "reason": "", "actor": merchant, "now": now}
        send = partial(unallocated.send_unallocated_back, amount=order.gross, **told)
        keep = partial(keep_as_credit, **told)
        return race(Rival(send, before=ABOUT_TO_SEND), keep, in_turn=True, **how)

    def test_it_is_sent_back_or_kept(self):
        answers = self.used_twice()
        assert errors_among(answers) == ["ResolvedAlready"]
        assert Refund.objects.count() == 1
        assert not list(faults_of_books())

    def test_control_without_locks_only_the_key_of_its_mark_keeps_it_from_being_both(self):
        sent, _kept = self.used_twice(without=no_row_locks)
        assert (sent.error, sent.constraint) == ("IntegrityError", "shop_moneyhandling_once")


class TestAPlaceThatIsCancelled:
    def against_an_assignment(self, **how):
        """Cancel one of two free seats while an operator gives the same one to somebody."""
        order = paid_packs(delivered=True)
        line = order.lines.get()
        OrderLine.objects.update(cancel_terms=CancelTerms(14, None, Decimal(0), Decimal(0)).to_freeze())
        seat, buyer, now = Seat.objects.order_by("unit_index").last(), UserFactory(), timezone.now()
        course, operator = CourseFactory(), UserFactory()
        cancel = partial(
            cancelling.cancel_units,
            order_id=order.pk,
            counts={line.pk: 1},
            back=order.gross / 2,
            actor=buyer,
            now=now,
        )
        placing = partial(assign, seat, course, "lea@example.org", operator, now)
        cancelling_it = Rival(lambda: bool(cancel()), before=ABOUT_TO_GIVE_BACK)
        return race(cancelling_it, Rival(lambda: bool(placing())), in_turn=True, **how)

    def test_nobody_loses_the_place_they_were_just_given(self):
        answers = self.against_an_assignment()
        assert errors_among(answers) == ["NothingToCancel"]
        assert Seat.objects.filter(state="assigned").count() == 1
        assert not GivingBack.objects.exists()

    def test_control_without_the_last_look_somebody_loses_it(self):
        answers = self.against_an_assignment(without=without_the_last_look)
        assert errors_among(answers) == []
        assert not Seat.objects.filter(state="assigned").exists()


def without_the_last_look() -> None:
    cancelling._somebody_had_one = lambda line_ids, now: False

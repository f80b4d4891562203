"""At the same moment.

A bank takes money back while an operator places somebody on what it paid for, while a merchant sends money back, and
while the same message comes a second time.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from django.utils import timezone

from billing.ledger.models import Account
from billing.ledger.selectors import balances_of_order
from enrolments.seats import assign as assign_module
from enrolments.seats import moves
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat
from shop.orders.giving_back.owed import owed_for
from shop.orders.giving_back.services import give_units_back
from shop.payments import disputes
from shop.payments.charge_backs.models import ChargeBack
from shop.payments.refunds.models import Refund
from shop.payments.refunds.sending import send_back
from tests.enrolments.given import assign
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.factories.shop import make_cart, pay, place, units_left
from tests.rivals.processes import Rival, deadlocks_among, errors_among, no_row_locks, race
from tests.rivals.test_given_back import paid_packs

ABOUT_TO_PLACE = [(assign_module, "take_free_seats")]
ABOUT_TO_TAKE = [(disputes, "take_back")]


def losing(order):
    return partial(pay, order, kind="dispute_lost", event_id="dp_1:dispute_lost")


def without_looking_at_the_freeze() -> None:
    moves._thawed = lambda takers: SeatBatch.objects.all()


class TestAgainstAnAssignment:
    def at_once(self, **how):
        """Let a bank take the money of two seats while one of them is assigned; return the answer to the operator."""
        order = paid_packs(delivered=True)
        seat = Seat.objects.filter(batch__order_id=order.pk).first()
        course, operator = CourseFactory(), UserFactory()
        placing = partial(assign, seat, course, "lea@example.org", operator, timezone.now())
        placed, lost = race(Rival(lambda: bool(placing()), before=ABOUT_TO_PLACE), losing(order), in_turn=True, **how)
        assert (errors_among([lost]), deadlocks_among([placed, lost])) == ([], 0)
        assert not SeatBatch.objects.filter(frozen_at=None).exists()
        return placed

    def test_nobody_is_placed_on_a_seat_that_was_frozen_meanwhile(self):
        assert self.at_once().error == "SeatFrozen"
        assert not Seat.objects.filter(state="assigned").exists()

    def test_control_without_the_guard_of_the_move_somebody_is(self):
        assert self.at_once(without=without_looking_at_the_freeze).value is True
        assert Seat.objects.filter(state="assigned").exists()


class TestAgainstARefund:
    def at_once(self, **how):
        """Let a bank take all of a payment while a merchant sends half of it back; return the answer to the merchant,
        what was taken and what is sent."""
        merchant, now = UserFactory(is_staff=True), timezone.now()
        order = place(make_cart(EntryFactory(), quantity=2))
        pay(order)
        [(line_id, indexes)] = units_left(order).items()
        give_units_back(order_id=order.pk, units={line_id: indexes[:1]}, actor=merchant, reason="", now=now)
        send = partial(send_back, order_id=order.pk, owed=owed_for(order), actor=merchant, now=now)
        lost, sent = race(Rival(losing(order), before=ABOUT_TO_TAKE), send, in_turn=True, **how)
        assert (errors_among([lost]), deadlocks_among([lost, sent])) == ([], 0)
        refunds = sum(Refund.objects.values_list("amount", flat=True), Decimal(0))
        return sent, ChargeBack.objects.get().amount / order.gross, refunds / order.gross

    def test_nothing_is_sent_of_money_that_is_gone(self):
        sent, taken, refunded = self.at_once()
        assert (sent.error, taken, refunded) == ("NoProviderSends", 1, 0)

    def test_control_without_locks_more_goes_than_had_come(self):
        _sent, taken, refunded = self.at_once(without=no_row_locks)
        assert (taken, refunded) == (1, Decimal("0.5"))


class TestTwoMessagesOfOneDispute:
    def at_once(self, **how):
        """Let two messages come that name the dispute alike, and not its state."""
        order = place(make_cart(EntryFactory()))
        pay(order)
        messages = [partial(pay, order, kind="dispute_lost", event_id=f"dp_1:{number}") for number in (1, 2)]
        return order, race(*messages, before=ABOUT_TO_TAKE, **how)

    def test_take_once(self):
        order, answers = self.at_once()
        assert (errors_among(answers), deadlocks_among(answers)) == ([], 0)
        assert balances_of_order(order.pk)[Account.RECEIVABLE] == int(order.gross * 100)

    def test_control_without_the_locks_only_the_key_of_the_charge_back_is_left(self):
        order, answers = self.at_once(without=each_for_itself)
        assert errors_among(answers) == ["IntegrityError"]
        assert ChargeBack.objects.filter(payment__order=order).count() == 1


def each_for_itself() -> None:
    """Take away the locks, and the freezing, for whose rows one waits as well."""
    no_row_locks()
    disputes._freeze_or_lift = lambda *_what, **_how: None

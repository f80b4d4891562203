"""Gifts: the merchant gives unassigned seats to another customer account."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from accounts.members.models import CustomerAccount
from common.refusals import Refused
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.give import give_seats
from enrolments.seats.models import Seat
from enrolments.seats.selectors import seat_counts
from tests.trials.any_sequence.choices import one_of, some
from tests.trials.any_sequence.frame import Frame


class Gifts(Frame):
    """Steps of the merchant with seats that another account has paid."""

    @precondition(lambda self: self.free_of_packs())
    @rule(n=some, to=some, number=st.integers(1, 3))
    def give_away(self, n: int, to: int, number: int) -> None:
        """Give free seats of a pack away, or back to the account that paid; both accounts count the same seats."""
        batch = one_of(self.free_of_packs(), n).batch
        ids = {seat.account_id for seat in self.seats} | {each.pk for each in self.world.accounts.values()}
        accounts = list(CustomerAccount.objects.filter(pk__in=ids).order_by("pk"))
        giver, receiver = CustomerAccount.objects.get(pk=batch.account_id), one_of(accounts, to)
        with self.step("give seats away", Refused):
            before = {account: seat_counts(account, now=self.now).total for account in (giver, receiver)}
            given = give_seats(
                batch_id=batch.pk,
                from_account_id=giver.pk,
                to_account_id=receiver.pk,
                number=number,
                actor=self.world.merchant,
                reason="They work together.",
                now=self.now,
            )
            after = {account: seat_counts(account, now=self.now).total for account in (giver, receiver)}
            assert after == {giver: before[giver] - number, receiver: before[receiver] + number}, "no seat is made"
            assert set(
                Seat.objects.filter(batch=given.batch, pk__in=given.seat_ids).values_list("state", flat=True)
            ) == {"available"}
            paid = SeatBatch.objects.get(line_id=batch.line_id, given_from=None)
            self.reach("seats were given away", when=given.batch != paid)
            self.reach("seats came back to the account that paid", when=given.batch == paid)

    def free_of_packs(self) -> list[Seat]:
        return [seat for seat in self.seats_in("available") if seat.batch.source == "pack"]

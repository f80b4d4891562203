"""At the same moment.

Operators place many people on seats of which some are the same, or which expire meanwhile: all rows or none.
"""

from enrolments.grounds.models import Enrolment
from enrolments.seats import assign as assign_module
from enrolments.seats.assign import assign_seats
from enrolments.seats.expire import expire_seats
from enrolments.seats.models import Seat
from enrolments.seats.placing import RowsRefused, SeatWanted
from tests.enrolments.given import NOW, days, given_pack, typed
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.processes import Rival, deadlocks_among, race, values_among

ABOUT_TO_TAKE = [(assign_module, "_take")]
LATER = NOW + days(2)


def placing(account, seats, **pauses):
    """An operator of the account places somebody new on each seat; gives the rows refused, or the operator."""
    operator = MembershipFactory(account=account, is_operator=True).user
    course = CourseFactory()
    wanted = [
        SeatWanted(seat_id=seat.pk, course=course, person=typed(f"learner{seat.pk}@of{operator.pk}.example"))
        for seat in seats
    ]

    def work():
        try:
            assign_seats(account=account, wanted=wanted, operator=operator, language="en", now=NOW)
        except RowsRefused as refused:
            return {index: type(each).__name__ for index, each in refused.rows.items()}
        return operator.pk

    return Rival(work, **pauses)


def test_of_two_sets_with_a_seat_in_common_one_is_assigned_whole_and_the_other_not_at_all(trial):
    account = CustomerAccountFactory()
    first, common, also, last = given_pack(account, seats=4)

    answers = race(
        placing(account, [first, common, also]), placing(account, [last, also, common]), before=ABOUT_TO_TAKE
    )

    values = values_among(answers)
    assert len(values) == 2
    assert deadlocks_among(answers) == 0
    [won] = [value for value in values if isinstance(value, int)]
    [refused] = [value for value in values if not isinstance(value, int)]
    assert set(refused.values()) == {"SeatNotFree"}
    assert 0 not in refused
    assert set(Seat.objects.filter(state="assigned").values_list("assigned_by", flat=True)) == {won}
    assert Seat.objects.filter(state="assigned").count() == 3
    assert not Enrolment.objects.exclude(user__email__endswith=f"@of{won}.example").exclude(user=won).exists()
    trial.note("sets of seats with some in common", 2)


def test_seats_that_expire_first_refuse_the_whole_set(trial):
    account = CustomerAccountFactory()
    expiring = given_pack(account, seats=2, valid_until=NOW + days(1))
    lasting = given_pack(account)

    placed, expired = race(
        placing(account, [*lasting, *expiring], before=ABOUT_TO_TAKE), lambda: expire_seats(now=LATER), in_turn=True
    )

    assert (placed.value, expired.value) == ({1: "SeatNotFree", 2: "SeatNotFree"}, 2)
    assert not Enrolment.objects.exists()
    trial.note("sets of seats that expired", 1)

"""Unassigned seats of a pack given to another customer account by the merchant."""

import pytest

from accounts.teams.models import Team
from enrolments.courses.groups.models import CourseGroup
from enrolments.grounds.models import Ground
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.desk import find_seat, move_rows, moves_of
from enrolments.seats.enter import enter_course
from enrolments.seats.expire import expire_seats
from enrolments.seats.give import GivenToItself, NoReceiver, NothingToGive, SeatsElsewhere, TooFewFree, give_seats
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat
from enrolments.seats.moves import SeatNotFound
from enrolments.seats.placing import CourseNotAllowed
from enrolments.seats.revoke import SeatsConsumed, revoke_seats
from enrolments.seats.selectors import seat_choices, seat_counts, seats_of, seats_to_fill
from enrolments.transfer import move_order
from enrolments.values import Terms
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.given import NOW, assign, days, given_pack, given_session, new_line
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

LATER = NOW + days(1)


@pytest.fixture
def account():
    return MembershipFactory(account__name="Ateliers Martin", user__email="anne@example.org").account


@pytest.fixture
def other():
    return MembershipFactory(account__name="Zinc SA", user__email="zoe@example.org").account


@pytest.fixture
def merchant():
    return UserFactory(first_name="Max", last_name="Marchand", is_staff=True)


def give(seats, to_account, merchant, number=1, **how):
    [seat, *_more] = seats
    seat.refresh_from_db()
    return give_seats(
        batch_id=how.pop("batch_id", seat.batch_id),
        from_account_id=how.pop("from_account_id", seat.account_id),
        to_account_id=to_account.pk,
        number=number,
        actor=merchant,
        reason=how.pop("reason", "They moved house"),
        now=how.pop("now", LATER),
    )


def owners(seats):
    return [Seat.objects.get(pk=seat.pk).account for seat in seats]


def test_the_last_free_seats_go_to_the_other_account_on_their_terms(account, other, merchant):
    seats = given_pack(account, seats=4, terms=Terms(duration_days=30), course_list="SEC*", valid_until=NOW + days(90))
    assign(seats[3], CourseFactory(short_name="SEC-1"), "bob@example.org", UserFactory())

    given = give(seats, other, merchant, 2)

    assert owners(seats) == [account, other, other, account]
    assert given.seat_ids == [seats[1].pk, seats[2].pk]
    batch, paid = given.batch, seats[0].batch
    assert (batch.account, batch.given_from) == (other, paid)
    same = ("line_id", "order_id", "order_number", "entry_code", "course_list", "duration_days", "valid_until")
    assert [getattr(batch, name) for name in same] == [getattr(paid, name) for name in same]
    assert batch.supervisor_role == paid.supervisor_role


def test_each_account_has_its_own_history_of_the_seat(account, other, merchant):
    seats = given_pack(account)
    assign(seats[0], CourseFactory(), "bob@example.org", UserFactory(first_name="Olga", last_name="Orlova"))
    seats[0].refresh_from_db()
    from enrolments.seats.release import release_seat

    release_seat(account=account, seat_id=seats[0].pk, actor=seats[0].assigned_by, now=NOW)

    give(seats, other, merchant)

    seat = find_seat(other, seats[0].pk)
    assert find_seat(account, seats[0].pk) is None
    moves = move_rows(other, moves_of(seat), {})
    assert [(move.event.from_state, move.event.to_state, move.event.reason, move.actor) for move in moves] == [
        ("", "available", "They moved house", "")
    ]
    left = SeatEvent.objects.filter(seat=seat, account=account).last()
    assert (left.from_state, left.to_state, left.given_to, left.actor) == ("available", "available", other, merchant)


def test_lists_counts_and_choices_follow(account, other, merchant):
    seats = given_pack(account, seats=3)

    give(seats, other, merchant, 2)

    assert [seats_of(each).count() for each in (account, other)] == [1, 2]
    assert [seat_counts(each, now=LATER).by_state["available"] for each in (account, other)] == [1, 2]
    assert seat_choices(other).entries == seat_choices(account).entries
    to_fill = seats_to_fill(order_id=seats[0].batch.order_id, now=LATER)
    assert {line: each.number for line, each in to_fill.items()} == {seats[0].batch.line_id: 1}


def test_seats_leave_the_team_of_the_account_that_gave_them(account, other, merchant):
    seats = given_pack(account)
    Seat.objects.update(team=Team.objects.create(account=account, name="Lyon"))

    give(seats, other, merchant)

    assert Seat.objects.get().team is None


def test_the_other_account_uses_them_as_its_own(account, other, merchant):
    course = CourseFactory(short_name="SEC-1")
    seats = given_pack(account, course_list="SEC*")
    give(seats, other, merchant)
    [seat] = Seat.objects.all()

    with pytest.raises(CourseNotAllowed):
        assign(seat, CourseFactory(short_name="OTHER"), "bob@example.org", UserFactory())
    assign(seat, course, "bob@example.org", UserFactory())

    assert set(Ground.objects.values_list("account", flat=True)) == {other.pk}
    assert CourseGroup.objects.get(order_id=seat.batch.order_id).account == other


def test_the_account_that_gave_cannot_use_them_any_more(account, other, merchant):
    seats = given_pack(account)
    before = Seat.objects.get()
    give(seats, other, merchant)

    with pytest.raises(SeatNotFound):
        assign(before, CourseFactory(), "bob@example.org", UserFactory())


def test_giving_the_order_back_finds_given_seats_too(account, other, merchant):
    course = CourseFactory()
    seats = given_pack(account, seats=3)
    give(seats, other, merchant, 2)
    given = list(Seat.objects.filter(account=other))
    bob = assign(given[0], course, "bob@example.org", UserFactory()).user
    enter_course(user=bob, course=course, now=NOW)

    def revoke(**how):
        return revoke_seats(
            line_id=seats[0].batch.line_id, units=None, actor=merchant, reason="refunded", now=LATER, **how
        )

    with pytest.raises(SeatsConsumed) as refused:
        revoke()
    assert refused.value.count == 1
    assert revoke(consumed_too=True).revoked == 3
    assert set(Seat.objects.values_list("state", flat=True)) == {"revoked"}


def test_they_expire_with_the_rest(account, other, merchant):
    seats = given_pack(account, seats=2, valid_until=NOW + days(2))
    give(seats, other, merchant)

    assert expire_seats(now=NOW + days(2)) == 2


def test_seats_given_on_and_given_back_stay_batches_of_one_line(account, other, merchant):
    third = MembershipFactory().account
    seats = given_pack(account, seats=3)
    paid = seats[0].batch
    give(seats, other, merchant, 3)

    onward = give(list(Seat.objects.filter(account=other)), third, merchant).batch
    give(list(Seat.objects.filter(account=other)), account, merchant)
    give(list(Seat.objects.filter(account=other)), third, merchant)

    assert (onward.given_from, Seat.objects.filter(batch=onward).count()) == (paid, 2)
    assert Seat.objects.get(account=account).batch == paid
    assert SeatBatch.objects.count() == 3


def test_a_claim_of_the_order_leaves_given_seats_where_they_are(other, merchant):
    unclaimed, claimant = CustomerAccountFactory(), MembershipFactory().account
    seats = given_pack(unclaimed, seats=2)
    give(seats, other, merchant)

    move_order(order_id=seats[0].batch.order_id, from_account=unclaimed, to_account=claimant)

    assert owners(seats) == [claimant, other]
    assert not SeatEvent.objects.filter(account=unclaimed).exists()


def test_the_order_can_be_claimed_into_the_account_that_was_given_seats(other, merchant):
    unclaimed = CustomerAccountFactory()
    seats = given_pack(unclaimed, seats=2)
    give(seats, other, merchant)

    move_order(order_id=seats[0].batch.order_id, from_account=unclaimed, to_account=other)

    assert owners(seats) == [other, other]


def refused(kind, *args, **how):
    before = sorted(Seat.objects.values_list("pk", "account", "batch")), SeatBatch.objects.count()
    with pytest.raises(kind) as refusal:
        give(*args, **how)
    assert (sorted(Seat.objects.values_list("pk", "account", "batch")), SeatBatch.objects.count()) == before
    assert not Mail.objects.filter(kind__startswith="seats_").exists()
    return refusal.value


def test_more_than_are_free_are_not_given(account, other, merchant):
    seats = given_pack(account, seats=3, valid_until=NOW + days(30))
    assign(seats[0], CourseFactory(), "bob@example.org", UserFactory())

    assert refused(TooFewFree, seats, other, merchant, number=3).free == 2
    assert refused(TooFewFree, seats, other, merchant, now=NOW + days(30)).free == 0


def test_an_account_without_owner_gets_nothing(account, merchant):
    seats = given_pack(account)

    refused(NoReceiver, seats, CustomerAccountFactory(), merchant)
    refused(NoReceiver, seats, MembershipFactory(user__is_active=False).account, merchant)
    refused(NoReceiver, seats, MembershipFactory(is_owner=False, is_operator=True).account, merchant)


def test_seats_are_not_given_to_the_account_that_has_them_nor_from_one_that_has_not(account, other, merchant):
    seats = given_pack(account)

    refused(GivenToItself, seats, account, merchant)
    refused(SeatsElsewhere, seats, other, merchant, from_account_id=CustomerAccountFactory().pk)
    refused(SeatsElsewhere, seats, other, merchant, batch_id=0)


def test_a_session_is_not_given_away(account, other, merchant):
    made = given_session(CourseFactory(), account, blanks=2)

    refused(NothingToGive, list(made.batch.seats.all()), other, merchant)


def test_owners_of_both_accounts_are_told_and_neither_is_named_to_the_other(account, other, merchant):
    MembershipFactory(account=other, is_owner=False, is_operator=True)
    seats = given_pack(account, seats=2)

    give(seats, other, merchant, 2)

    away, got = Mail.objects.order_by("kind")
    assert (away.kind, away.recipient, got.kind, got.recipient) == (
        "seats_given_away",
        "anne@example.org",
        "seats_received",
        "zoe@example.org",
    )
    for mail in (away, got):
        mail.language = "en"
    said_away, said_got = (render_mail(mail, blank_secrets=False) for mail in (away, got))
    assert f"We have given 2 unassigned seats of your order {seats[0].batch.order_number}" in said_away.text
    assert "We have put 2 unassigned seats (Safety) into your customer account Zinc SA." in said_got.text
    for said in (said_away, said_got):
        assert "Reason: They moved house" in said.text
    assert "Zinc" not in said_away.text + said_away.html
    assert "Martin" not in said_got.text + said_got.html
    assert "Marchand" not in said_got.text + said_away.text


def test_a_second_delivery_of_the_line_makes_no_seats(account, other, merchant):
    line = new_line(account)
    seats = given_pack(account, line=line)
    give(seats, other, merchant)

    given_pack(account, line=line)

    assert Seat.objects.count() == 1


def test_many_seats_take_as_many_statements_as_one(account, other, merchant, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    few, many = given_pack(account, seats=1), given_pack(account, seats=300)
    with CaptureQueriesContext(connection) as captured:
        give(few, other, merchant)
    with django_assert_num_queries(len(captured)):
        give(many, other, merchant, 300)

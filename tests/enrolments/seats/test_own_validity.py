"""Seats with a validity of their own, in place of their batch's."""

import pytest
from django.utils import timezone

from accounts.members.models import Membership
from common.words import end_in_words
from enrolments.seats.expire import expire_seats
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.placing import SeatNotValid
from enrolments.seats.selectors import last_moment, seats_of
from enrolments.seats.waiting import seats_about_to_end
from tests.enrolments.given import NOW, assign, days, given_pack
from tests.enrolments.lists.given import given_list, people, verdicts
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


def with_own_validity(seat, until):
    Seat.objects.filter(pk=seat.pk).update(valid_until=until)


def assignable(now):
    return set(Seat.objects.assignable_at(now).values_list("pk", flat=True))


@pytest.mark.parametrize("batch_ends", [NOW + days(10), NOW + days(50)])
def test_its_own_validity_counts_and_not_that_of_its_batch(account, batch_ends):
    own, other = given_pack(account, seats=2, valid_until=batch_ends)
    with_own_validity(own, NOW + days(30))

    assert own.pk in assignable(NOW + days(29))
    assert own.pk not in assignable(NOW + days(30))
    assert (other.pk in assignable(NOW + days(29))) == (batch_ends > NOW + days(29))
    for now in (NOW + days(29), NOW + days(30)):
        over = set(Seat.objects.over_at(now).values_list("pk", flat=True))
        valid = set(Seat.objects.valid_at(now).values_list("pk", flat=True))
        assert over | valid == {own.pk, other.pk}
        assert not over & valid


def test_it_expires_at_the_end_of_its_own_validity(account):
    own, other = given_pack(account, seats=2, valid_until=NOW + days(10))
    with_own_validity(own, NOW + days(30))

    assert expire_seats(now=NOW + days(10)) == 1
    other.refresh_from_db()
    assert other.state == SeatState.EXPIRED

    assert expire_seats(now=NOW + days(30)) == 1
    own.refresh_from_db()
    assert own.state == SeatState.EXPIRED


def test_seats_of_both_kinds_expire_within_one_limit(account):
    of_batch = given_pack(account, seats=2, valid_until=NOW)
    own = given_pack(account, seats=2)
    for seat in own:
        with_own_validity(seat, NOW)

    assert [expire_seats(now=NOW, limit=3) for _ in range(3)] == [3, 1, 0]
    assert Seat.objects.filter(state=SeatState.EXPIRED).count() == len(of_batch + own)


def test_it_is_assigned_after_its_batch_is_over_and_not_after_itself(account):
    bob = UserFactory(email="bob@example.org")
    first, second = given_pack(account, seats=2, valid_until=NOW + days(10))
    for seat in (first, second):
        with_own_validity(seat, NOW + days(30))

    assert assign(first, CourseFactory(), "dan@example.org", bob, now=NOW + days(29)).is_used
    with pytest.raises(SeatNotValid):
        assign(second, CourseFactory(), "eve@example.org", bob, now=NOW + days(30))


def test_lists_show_its_own_end(account):
    [seat] = given_pack(account, valid_until=NOW + days(10))
    with_own_validity(seat, NOW + days(30))

    [shown] = seats_of(account)

    assert last_moment(shown) == NOW + days(30)


def test_the_overview_names_its_own_end(account):
    now = timezone.now()
    member = Membership.objects.create(account=account, user=UserFactory(), is_owner=True)
    later, sooner, _other = given_pack(account, seats=3, valid_until=now + days(10))
    with_own_validity(later, now + days(90))
    with_own_validity(sooner, now + days(20))

    told = seats_about_to_end(member, now)

    assert [end_in_words(now + days(ends)) in waits.text for ends, waits in zip((10, 20), told, strict=True)] == [
        True,
        True,
    ]


def test_the_overview_finds_it_though_its_batch_is_over(account):
    now = timezone.now()
    member = Membership.objects.create(account=account, user=UserFactory(), is_owner=True)
    [seat] = given_pack(account, valid_until=now - days(1))
    with_own_validity(seat, now + days(5))

    assert len(seats_about_to_end(member, now)) == 1


def test_a_list_of_people_takes_it(account):
    bob = Membership.objects.create(account=account, user=UserFactory(), is_operator=True).user
    [extended] = given_pack(account, valid_until=NOW - days(1))
    with_own_validity(extended, NOW + days(5))
    [ended, _valid] = given_pack(account, seats=2, valid_until=NOW + days(10))
    with_own_validity(ended, NOW - days(1))

    draft = given_list(account, bob, people("dan@example.org", "eve@example.org", "fay@example.org"), CourseFactory())

    assert verdicts(draft) == ["new", "new", "no_seat"]

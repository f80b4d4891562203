"""Extension of enrolments and of free seats, by the units of an order line."""

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from common.moments import days_later
from enrolments.courses.places.services import taken
from enrolments.extension.models import SeatExtension
from enrolments.extension.services import NothingGained, NothingToExtend, extend
from enrolments.extension.targets import find_targets, owns_one, targets_to_offer
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.expire import expire_seats
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import SeatsRaced
from enrolments.seats.revoke import revoke_seats
from enrolments.values import Terms
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.extension.given import extended, give_back, key_of, validity
from tests.enrolments.given import NOW, assign, day, days, given_pack, given_session, history, live_grounds, new_line
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

# Refusals are expected inside transactions of their own, as the shop has them.
pytestmark = pytest.mark.django_db

ENDS = NOW + days(10)


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def bob():
    return UserFactory(email="bob@example.org")


@pytest.fixture
def course():
    return CourseFactory()


def in_session(account, course, *people, ends=ENDS):
    """Put people into a session of the account; return their grounds."""
    made = given_session(course, account, learners=people, terms=Terms(ends_at=ends))
    return list(Ground.objects.filter(line_id=made.batch.line_id, kind="seat").order_by("unit_index"))


def end_of(person, course):
    return Enrolment.objects.open().get(user=person, course=course).ends_at


def test_an_enrolment_gets_a_ground_of_the_line_from_its_end_on(account, bob, course):
    [seat_ground] = in_session(account, course, bob)

    line, result = extended(account, seat_ground)

    first, added = live_grounds(bob, course)
    assert first == seat_ground
    assert (added.kind, added.line_id, added.unit_index, added.seat_id) == ("line", line.line_id, 0, None)
    assert (added.starts_at, added.ends_at) == (ENDS, days_later(ENDS, 30))
    assert added.group_id == seat_ground.group_id
    assert end_of(bob, course) == days_later(ENDS, 30)
    assert (result.enrolments, result.seats) == (1, 0)


def test_what_is_over_is_extended_from_now_and_keeps_its_place(account, bob):
    course = CourseFactory(capacity=1)
    [ground] = in_session(account, course, bob)
    later = ENDS + days(100)

    extended(account, ground, now=later)

    assert live_grounds(bob, course)[-1].starts_at == later
    assert end_of(bob, course) == days_later(later, 30)
    assert taken([course.pk])[course.pk] == 1


def test_units_that_pick_one_enrolment_add_up(account, bob, course):
    [ground] = in_session(account, course, bob)

    _line, result = extended(account, ground, ground, ground)

    assert end_of(bob, course) == days_later(ENDS, 90)
    assert [each.unit_index for each in live_grounds(bob, course)[1:]] == [0, 1, 2]
    assert result.enrolments == 1


def test_a_second_purchase_adds_to_the_first_by_whatever_ground_names_it(account, bob, course):
    [ground] = in_session(account, course, bob)
    extended(account, ground)

    extended(account, live_grounds(bob, course)[-1])
    extended(account, ground)

    assert end_of(bob, course) == days_later(ENDS, 90)


def test_the_last_day_of_the_course_is_the_limit(account, bob):
    course = CourseFactory(last_day=day("2026-03-20"))
    [ground] = in_session(account, course, bob)

    extended(account, ground)

    assert end_of(bob, course).isoformat() == "2026-03-20T23:00:00+00:00"
    with pytest.raises(NothingGained) as refused, transaction.atomic():
        extended(account, ground)
    assert refused.value.unit_index == 0


def test_the_second_of_two_units_is_refused_where_the_first_reaches_the_last_day(account, bob):
    course = CourseFactory(last_day=day("2026-03-20"))
    [ground] = in_session(account, course, bob)

    with pytest.raises(NothingGained) as refused, transaction.atomic():
        extended(account, ground, ground)

    assert refused.value.unit_index == 1
    assert end_of(bob, course) == ENDS


def test_access_without_end_gains_nothing(account, bob, course):
    [ground] = in_session(account, course, bob, ends=None)

    with pytest.raises(NothingGained), transaction.atomic():
        extended(account, ground)


def test_the_end_is_that_of_the_account_s_own_purchases(account, bob, course):
    [ground] = in_session(account, course, bob)
    in_session(CustomerAccountFactory(), course, bob, ends=NOW + days(500))

    extended(account, ground)

    assert live_grounds(bob, course)[-1].starts_at == ENDS
    assert end_of(bob, course) == NOW + days(500)


def test_nothing_of_another_account_is_found(account, bob, course):
    other = CustomerAccountFactory()
    [ground] = in_session(other, course, bob)
    [seat] = given_pack(other, valid_until=ENDS)
    keys = [key_of(ground), key_of(seat), "seat-0", "ground-abc", "", "seat-999999999999999999"]

    assert find_targets(keys, account_ids=[account.pk]) == {}
    assert set(find_targets(keys, account_ids=[other.pk])) == set(keys[:2])
    for target in (ground, seat):
        with pytest.raises(NothingToExtend), transaction.atomic():
            extended(account, target)


def test_people_taken_out_of_the_course_are_not_found(account, bob, course):
    [ground] = in_session(account, course, bob)
    revoke_seats(line_id=ground.line_id, units=None, actor=None, reason="Refund", now=NOW)

    assert find_targets([key_of(ground)], account_ids=[account.pk]) == {}


def test_a_free_seat_gets_a_validity_of_its_own(account):
    seat, other = given_pack(account, seats=2, valid_until=ENDS)

    _line, result = extended(account, seat, seat)

    assert validity(seat) == (SeatState.AVAILABLE, days_later(ENDS, 60))
    assert validity(other) == (SeatState.AVAILABLE, None)
    assert (result.enrolments, result.seats) == (0, 1)
    assert expire_seats(now=ENDS) == 1


def test_an_expired_seat_is_available_again_from_now_on(account):
    [seat] = given_pack(account, valid_until=ENDS)
    expire_seats(now=ENDS)
    later = ENDS + days(5)

    extended(account, seat, now=later)

    assert validity(seat) == (SeatState.AVAILABLE, days_later(later, 30))
    assert history(seat)[-1] == ("expired", "available", "extended")


def test_a_seat_assigned_meanwhile_lengthens_the_access_of_its_person(account, bob, course):
    [seat] = given_pack(account, valid_until=ENDS, terms=Terms(ends_at=ENDS))
    dan = assign(seat, course, "dan@example.org", bob).user

    extended(account, seat)

    assert end_of(dan, course) == days_later(ENDS, 30)
    assert validity(seat) == (SeatState.ASSIGNED, None)


def test_a_seat_that_goes_into_a_course_just_now_is_tried_again(account, bob, course):
    [seat] = given_pack(account, valid_until=ENDS, terms=Terms(ends_at=ENDS))
    assign(seat, course, "dan@example.org", bob)

    with pytest.raises(SeatsRaced), transaction.atomic():
        extend(line=new_line(account), keys={0: key_of(seat)}, days=30, courses=[], now=NOW)


def test_a_second_delivery_changes_nothing(account, bob, course):
    [ground] = in_session(account, course, bob)
    [seat] = given_pack(account, valid_until=ENDS)
    line, _result = extended(account, ground, seat)

    _line, again = extended(account, ground, seat, line=line)

    assert (again.enrolments, again.seats) == (0, 0)
    assert end_of(bob, course) == days_later(ENDS, 30)
    assert validity(seat)[1] == days_later(ENDS, 30)


def test_taking_back_ends_that_ground_only(account, bob, course):
    [ground] = in_session(account, course, bob)
    first, _result = extended(account, ground)
    second, _result = extended(account, ground)

    assert give_back(second, 0) == 1

    assert end_of(bob, course) == days_later(ENDS, 30)
    assert [each.line_id for each in live_grounds(bob, course)] == [ground.line_id, first.line_id]
    assert give_back(second, 0) == 0


@pytest.mark.parametrize("unit", [0, 1, 2])
def test_whichever_unit_goes_back_as_many_days_go_as_it_added(account, bob, course, unit):
    [ground] = in_session(account, course, bob)
    [seat] = given_pack(account, valid_until=ENDS)
    of_person, _result = extended(account, ground, ground, ground)
    of_seat, _result = extended(account, seat, seat, seat)

    give_back(of_person, unit)
    give_back(of_seat, unit)

    assert end_of(bob, course) == days_later(ENDS, 60)
    assert validity(seat)[1] == days_later(ENDS, 60)


def test_a_seat_loses_what_is_taken_back_and_expires_as_any_other(account):
    [seat] = given_pack(account, valid_until=ENDS)
    expire_seats(now=ENDS)
    line, _result = extended(account, seat, now=ENDS + days(5))

    assert give_back(line, 0, now=ENDS + days(6)) == 1

    assert validity(seat) == (SeatState.AVAILABLE, None)
    assert not Seat.objects.assignable_at(ENDS + days(6)).exists()
    assert expire_seats(now=ENDS + days(6)) == 1
    assert SeatExtension.objects.live().count() == 0


def test_a_seat_assigned_on_an_extension_stays_assigned_when_that_is_taken_back(account, bob, course):
    [seat] = given_pack(account, valid_until=NOW - days(1))
    line, _result = extended(account, seat)
    assign(seat, course, "dan@example.org", bob)

    give_back(line, 0)

    assert validity(seat) == (SeatState.ASSIGNED, None)


def test_the_number_of_statements_does_not_depend_on_the_number_of_units(account, course):
    def work(count):
        grounds = in_session(account, course, *UserFactory.create_batch(count))
        seats = given_pack(account, seats=count, valid_until=ENDS)
        with CaptureQueriesContext(connection) as extending:
            line, _result = extended(account, *grounds, *seats)
        with CaptureQueriesContext(connection) as giving_back:
            give_back(line, *range(1, 2 * count))
        return len(extending), len(giving_back)

    assert work(3) == work(20)


def test_a_form_offers_who_ends_next_and_free_seats_with_an_end(account, bob, course):
    carol, dan = UserFactory(), UserFactory()
    [late] = in_session(account, course, bob, ends=NOW + days(90))
    [soon] = in_session(account, course, carol)
    in_session(account, course, dan, ends=None)
    given_pack(account)
    [seat] = given_pack(account, valid_until=ENDS)
    extended(account, soon)
    [_first, last] = live_grounds(carol, course)

    offered = targets_to_offer([account.pk], now=NOW)

    assert [target.key for target in offered] == [key_of(last), key_of(late), key_of(seat)]


def test_what_is_picked_makes_room_for_others(account, bob, course, monkeypatch):
    monkeypatch.setattr("enrolments.extension.targets.PEOPLE_OFFERED", 1)
    monkeypatch.setattr("enrolments.extension.targets.SEATS_OFFERED", 1)
    soon, late = in_session(account, course, bob, UserFactory())
    first, second = given_pack(account, seats=2, valid_until=ENDS)
    assert [target.key for target in targets_to_offer([account.pk], now=NOW)] == [key_of(soon), key_of(first)]

    picked = find_targets([key_of(soon), key_of(first)], account_ids=[account.pk]).values()
    offered = targets_to_offer([account.pk], now=NOW, besides=picked)

    assert [target.key for target in offered] == [key_of(late), key_of(second)]


def test_who_owns_nothing_with_an_end_is_offered_nothing(account, bob, course):
    given_pack(account)
    in_session(account, course, bob, ends=None)
    assert not owns_one([account.pk])

    given_pack(account, valid_until=ENDS)
    assert owns_one([account.pk])
    assert not owns_one([])


def extension_mails():
    return Mail.objects.filter(kind="access_extended").order_by("pk")


def test_people_are_told_once_for_a_line_in_their_language(account):
    eva, joe = UserFactory(language="fr"), UserFactory(language="en")
    course = CourseFactory(name_en="Noise")
    first = in_session(account, course, eva, joe)
    second = in_session(account, CourseFactory(name_en="Fire", name_fr="Incendie"), eva)

    line, _result = extended(account, *first, *first, *second)
    extended(account, *first, *second, line=line)

    told = [render_mail(mail, blank_secrets=False) for mail in extension_mails()]
    assert [(mail.recipient, mail.language, mail.order_id) for mail in extension_mails()] == [
        (eva.email, "fr", line.order_id), (joe.email, "en", line.order_id),
    ]  # fmt: skip
    assert "Incendie" in told[0].text
    assert "11 mai 2026" in told[0].text.replace("\N{NO-BREAK SPACE}", " ")
    assert told[1].subject == "“Noise” is open to you for longer"
    assert "now open to you until 11 May 2026, 10:00" in told[1].text.replace("\N{NO-BREAK SPACE}", " ")


def test_who_has_the_course_for_longer_anyway_is_told_nothing(account, bob, course):
    [ground] = in_session(account, course, bob)
    in_session(CustomerAccountFactory(), course, bob, ends=NOW + days(500))

    extended(account, ground)

    assert not extension_mails().exists()


def test_an_extension_taken_back_before_its_mail_left_is_told_to_nobody(account, bob, course):
    [ground] = in_session(account, course, bob)
    line, _result = extended(account, ground)

    give_back(line, 0)

    assert [mail.state for mail in extension_mails()] == ["recalled"]


def test_a_free_seat_and_a_person_who_is_closed_are_told_nothing(account, course):
    gone = UserFactory(is_active=False)
    [seat] = given_pack(account, valid_until=ENDS)

    extended(account, *in_session(account, course, gone), seat)

    assert not extension_mails().exists()

"""Extensions of somebody's access stay on their seat, for whoever has it next."""

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from common.moments import days_later
from enrolments.courses.places.services import taken
from enrolments.extension.models import SeatExtension
from enrolments.grounds.models import Enrolment, Ground
from enrolments.grounds.periods import PeriodOver
from enrolments.seats.lapse import lapse_seats
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.move import move_seat
from enrolments.seats.release import release_seat, release_seats
from enrolments.seats.replace import replace_person
from enrolments.seats.revoke import revoke_seats
from enrolments.values import Terms
from outbox.mails.models import Mail
from tests.constraints import broken, run
from tests.enrolments.extension.given import extended, give_back
from tests.enrolments.given import NOW, assign, day, days, given_pack, given_session, live_grounds, typed
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

ENDS = NOW + days(10)
LATER = NOW + days(3)


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def bob():
    return UserFactory(email="bob@example.org")


@pytest.fixture
def course():
    return CourseFactory()


@pytest.fixture
def seat(account, course, bob):
    """Return a seat of a pack, 10 days long, that is Ann's and extended by 30 days."""
    [seat] = given_pack(account, terms=Terms(duration_days=10))
    seat.line, _result = extended(account, ground_of(assign(seat, course, "ann@example.org", bob).seat))
    return seat


def ground_of(seat):
    return Ground.objects.live().get(seat=seat, kind="seat")


def release(seat, actor, now=LATER):
    return release_seat(account=seat.account, seat_id=seat.pk, actor=actor, now=now)


def end_of(email, course):
    return Enrolment.objects.open().get(user__email=email, course=course).ends_at


def is_in(email, course):
    return Enrolment.objects.open().filter(user__email=email, course=course).exists()


def test_somebody_released_leaves_and_the_next_person_has_the_days(seat, course, bob):
    release(seat, bob)

    assert not is_in("ann@example.org", course)
    assigned = assign(seat, course, "dan@example.org", bob, now=LATER)

    assert assigned.until == end_of("dan@example.org", course) == days_later(LATER, 40)
    of_seat, of_line = live_grounds(assigned.user, course)
    assert (of_seat.seat_id, of_seat.ends_at) == (seat.pk, days_later(LATER, 10))
    assert (of_line.kind, of_line.line_id, of_line.unit_index) == ("line", seat.line.line_id, 0)
    assert of_line.group_id == of_seat.group_id
    mail = Mail.objects.get(recipient="dan@example.org")
    assert mail.context["told"] == {str(course.pk): "2026-04-14"}


def test_an_exchange_passes_the_days_on(seat, account, course, bob):
    replace_person(
        account=account, seats={seat.pk: None}, person=typed("dan@example.org"), operator=bob, language="en", now=LATER
    )

    assert not is_in("ann@example.org", course)
    assert end_of("dan@example.org", course) == days_later(LATER, 40)


def test_a_seat_brings_its_days_into_another_course(seat, account, bob, course):
    other = CourseFactory(last_day=day("2026-03-20"))

    move_seat(account=account, seat_id=seat.pk, to=other, actor=bob, language="en", now=LATER)

    assert not is_in("ann@example.org", course)
    assert end_of("ann@example.org", other).isoformat() == "2026-03-20T23:00:00+00:00"
    replace_person(
        account=account, seats={seat.pk: None}, person=typed("dan@example.org"), operator=bob, language="en", now=LATER
    )
    release(seat, bob)
    assign(seat, course, "eve@example.org", bob, now=LATER)
    assert end_of("eve@example.org", course) == days_later(LATER, 40)


def test_who_goes_to_another_session_leaves_the_days_on_the_seat(account, course, bob):
    ann = UserFactory()
    first = given_session(course, account, learners=(ann,), terms=Terms(ends_at=ENDS))
    second = given_session(course, account, blanks=1, terms=Terms(ends_at=ENDS + days(1)))
    left = Seat.objects.get(batch=first.batch)
    extended(account, ground_of(left))
    assign(given_pack(account)[0], CourseFactory(), "x@example.org", bob)

    move_seat(account=account, seat_id=left.pk, to=second.batch.group, actor=bob, language="en", now=LATER)

    assert end_of(ann.email, course) == ENDS + days(1)
    assign(left, course, "dan@example.org", bob, now=LATER)
    assert end_of("dan@example.org", course) == days_later(ENDS, 30)


def test_the_days_of_a_seat_not_entered_in_time_stay_on_it(account, course, bob):
    [seat] = given_pack(account, terms=Terms(duration_days=10), start_before_days=2)
    extended(account, ground_of(assign(seat, course, "ann@example.org", bob).seat))

    assert lapse_seats(now=NOW + days(4)) == 1

    assert not is_in("ann@example.org", course)
    assign(seat, course, "dan@example.org", bob, now=NOW + days(4))
    assert end_of("dan@example.org", course) == days_later(NOW + days(4), 40)


def test_a_second_seat_of_the_person_carries_them_on(seat, account, course, bob):
    ann = Enrolment.objects.get(user__email="ann@example.org").user
    given_session(course, account, learners=(ann,), terms=Terms(ends_at=ENDS - days(1)))

    release(seat, bob)

    assert end_of("ann@example.org", course) == ENDS - days(1)


def test_days_bought_one_after_the_other_all_stay(seat, account, course, bob):
    extended(account, live_grounds(Enrolment.objects.get(user__email="ann@example.org").user, course)[-1], days=5)

    release(seat, bob)
    assign(seat, course, "dan@example.org", bob, now=LATER)

    assert end_of("dan@example.org", course) == days_later(LATER, 45)


def test_a_seat_whose_own_time_is_over_is_used_for_the_days_bought_since(account, course, bob):
    [seat] = given_pack(account, terms=Terms(ends_at=ENDS))
    assign(seat, course, "ann@example.org", bob)
    over = ENDS + days(5)
    line, _result = extended(account, ground_of(seat), now=over)
    release(seat, bob, now=over)

    assigned = assign(seat, course, "dan@example.org", bob, now=over + days(1))

    assert assigned.until == end_of("dan@example.org", course) == days_later(over + days(1), 30)
    release(seat, bob, now=over + days(2))
    assert give_back(line, 0, now=over + days(2)) == 1
    with pytest.raises(PeriodOver), transaction.atomic():
        assign(seat, course, "eve@example.org", bob, now=over + days(3))


def test_a_course_with_a_last_day_leaves_the_rest_on_the_seat(account, bob, course):
    [seat] = given_pack(account, terms=Terms(duration_days=10))
    extended(account, ground_of(assign(seat, course, "ann@example.org", bob).seat))
    release(seat, bob)
    short = CourseFactory(last_day=day("2026-03-06"))

    assigned = assign(seat, short, "dan@example.org", bob, now=LATER)

    assert [ground.kind for ground in live_grounds(assigned.user, short)] == ["seat"]
    assert SeatExtension.objects.live().of_access().filter(seat=seat).exists()


def test_a_refund_of_the_extension_takes_its_days_and_no_more(seat, course, bob):
    release(seat, bob)
    assign(seat, course, "dan@example.org", bob, now=LATER)

    assert give_back(seat.line, 0, now=LATER) == 1

    assert end_of("dan@example.org", course) == days_later(LATER, 10)
    assert not SeatExtension.objects.live().exists()
    assert give_back(seat.line, 0, now=LATER) == 0


def test_a_refund_takes_the_days_off_a_free_seat(seat, course, bob):
    release(seat, bob)

    assert give_back(seat.line, 0, now=LATER) == 1

    assign(seat, course, "dan@example.org", bob, now=LATER)
    assert end_of("dan@example.org", course) == days_later(LATER, 10)


def test_of_two_units_one_goes_back_and_one_stays_on_the_seat(account, course, bob):
    [seat] = given_pack(account, terms=Terms(duration_days=10))
    ground = ground_of(assign(seat, course, "ann@example.org", bob).seat)
    line, _result = extended(account, ground, ground)
    release(seat, bob)

    assert give_back(line, 0, now=LATER) == 1

    assign(seat, course, "dan@example.org", bob, now=LATER)
    assert end_of("dan@example.org", course) == days_later(LATER, 40)


def test_a_refund_of_the_seat_leaves_its_person_what_the_other_order_paid(seat, course):
    revoke_seats(line_id=seat.batch.line_id, units=None, actor=None, reason="Refund", now=LATER)

    assert end_of("ann@example.org", course) == days_later(NOW, 40)
    assert give_back(seat.line, 0, now=LATER) == 1
    assert not is_in("ann@example.org", course)


def test_an_extension_without_a_seat_belongs_to_the_enrolment(account, course):
    ann = UserFactory()
    [ground] = Ground.objects.filter(
        seat__batch=given_session(course, account, learners=(ann,), terms=Terms(ends_at=ENDS)).batch, kind="seat"
    )
    extended(account, ground)
    revoke_seats(line_id=ground.line_id, units=None, actor=None, reason="Refund", now=NOW)
    SeatExtension.objects.all().delete()

    extended(account, *live_grounds(ann, course))

    assert not SeatExtension.objects.exists()
    assert end_of(ann.email, course) == days_later(ENDS, 60)


def test_the_place_of_a_session_s_seat_stays_kept(account, bob):
    course = CourseFactory(capacity=1)
    ann = UserFactory()
    batch = given_session(course, account, learners=(ann,), terms=Terms(ends_at=ENDS)).batch
    seat = Seat.objects.get(batch=batch)
    extended(account, ground_of(seat))

    release(seat, bob)

    seat.refresh_from_db()
    assert (seat.state, seat.keeps_place) == (SeatState.AVAILABLE, True)
    assert taken([course.pk])[course.pk] == 1


def test_releasing_and_assigning_extended_seats_takes_as_many_statements_for_many(account, course, bob):
    assign(given_pack(account)[0], CourseFactory(), "x@example.org", bob)

    def work(count):
        people = UserFactory.create_batch(count)
        batch = given_session(course, account, learners=tuple(people), terms=Terms(ends_at=ENDS)).batch
        seats = list(batch.seats.order_by("pk"))
        extended(account, *(ground_of(seat) for seat in seats))
        with CaptureQueriesContext(connection) as releasing:
            release_seats(account=account, seats={seat.pk: None for seat in seats}, actor=bob, now=LATER)
        return len(releasing)

    assert work(2) == work(10)


def test_an_extension_is_of_the_validity_or_of_the_access(seat):
    with broken("enrolments_seatextension_shape"):
        run("UPDATE enrolments_seatextension SET ends_at = now(), starts_at = now() - interval '1 day'")
    with broken("enrolments_seatextension_shape"):
        run("UPDATE enrolments_seatextension SET days = NULL")
    with broken("enrolments_seatextension_shape"):
        run("UPDATE enrolments_seatextension SET days = 0")


def test_the_desk_shows_the_days_that_stay_with_a_seat(seat, account):
    client = Client(headers={"accept-language": "en"})
    client.force_login(MembershipFactory(account=account, is_owner=False, is_operator=True).user)
    pages = [reverse(f"account-seat{page}", args=[account.pk, seat.pk]) for page in ("", "-release", "-move")]

    for page in pages:
        assert "30 days of access, which stay with the seat" in client.get(page).text, page
    give_back(seat.line, 0)
    assert "which stay with the seat" not in client.get(pages[0]).text

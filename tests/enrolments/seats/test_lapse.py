"""Seats not entered in time: free again while their validity runs, else expired; people and operators are told."""

import datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.members.models import Membership
from common.moments import day_ends, local_day
from common.words import end_in_words
from enrolments.courses.places.services import taken
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats import lapse
from enrolments.seats.enter import NotEnteredInTime, enter_course
from enrolments.seats.expire import expire_seats
from enrolments.seats.lapse import lapse_seats
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.release import release_seat
from enrolments.values import Terms
from outbox.mails.models import Mail
from outbox.mails.rendering import render_mail
from tests.enrolments.given import NOW, assign, at, day, days, given_pack, given_session, history, live_grounds
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

# Ten days after 2 March; the day counts to its end, 24:00 in Paris.
LAST = at("2026-03-13T00:00:00+01:00")
JUST_BEFORE = LAST - datetime.timedelta(seconds=1)


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator():
    return UserFactory(email="alice@example.org", language="fr")


@pytest.fixture
def course():
    return CourseFactory(capacity=5)


def pack(account, **how):
    return given_pack(account, **{"start_before_days": 10} | how)


def states(*seats):
    return [Seat.objects.get(pk=seat.pk).state for seat in seats]


def test_the_last_day_is_counted_from_the_assignment_and_kept_with_it(account, operator, course):
    [seat] = pack(account)
    assign(seat, course, "bob@example.org", operator)

    seat.refresh_from_db()
    assert seat.enter_before == LAST
    assert day_ends(local_day(seat.enter_before - days(1))) == LAST


def test_it_is_counted_from_a_later_start_of_the_course(account, operator):
    [seat] = pack(account)
    assign(seat, CourseFactory(first_day=day("2026-06-01")), "bob@example.org", operator)

    seat.refresh_from_db()
    assert seat.enter_before == at("2026-06-12T00:00:00+02:00")


def test_seats_sold_without_the_term_have_no_such_day(account, operator, course):
    [seat] = given_pack(account)
    assign(seat, course, "bob@example.org", operator)

    seat.refresh_from_db()
    assert seat.enter_before is None
    assert lapse_seats(now=NOW + days(10_000)) == 0


def test_a_seat_not_entered_in_time_is_free_again_with_all_that_stood_on_it(account, operator, course):
    [seat] = pack(account)
    bob = assign(seat, course, "bob@example.org", operator).user

    assert lapse_seats(now=JUST_BEFORE) == 0
    assert lapse_seats(now=LAST) == 1
    assert lapse_seats(now=LAST) == 0

    seat.refresh_from_db()
    assert (seat.state, seat.person, seat.course, seat.enter_before) == (SeatState.AVAILABLE, None, None, None)
    assert history(seat)[-1] == ("assigned", "available", "lapsed")
    assert seat.events.last().person == bob
    assert not live_grounds(bob, course)
    assert not Ground.objects.live().exists()
    assert not Enrolment.objects.open().exists()
    assert taken([course.pk]).get(course.pk, 0) == 0


def test_it_expires_when_its_validity_is_over(account, operator, course):
    valid, over = pack(account, valid_until=LAST + days(1)) + pack(account, valid_until=LAST)
    for seat, email in ((valid, "bob@example.org"), (over, "carol@example.org")):
        assign(seat, course, email, operator)

    assert lapse_seats(now=LAST) == 2

    assert states(valid, over) == [SeatState.AVAILABLE, SeatState.EXPIRED]
    assert history(over)[-1] == ("assigned", "expired", "lapsed")
    assert expire_seats(now=LAST) == 0


def test_a_used_seat_never_lapses(account, operator, course):
    [seat] = pack(account)
    bob = assign(seat, course, "bob@example.org", operator).user
    enter_course(user=bob, course=course, now=JUST_BEFORE)

    assert lapse_seats(now=LAST + days(1)) == 0
    assert states(seat) == [SeatState.CONSUMED]


def test_nobody_enters_too_late_though_no_job_has_run(account, operator, course):
    [seat] = pack(account)
    bob = assign(seat, course, "bob@example.org", operator).user

    with pytest.raises(NotEnteredInTime):
        enter_course(user=bob, course=course, now=LAST)

    assert states(seat) == [SeatState.ASSIGNED]
    assert not Enrolment.objects.filter(first_entered_at__isnull=False).exists()


def test_another_ground_still_lets_its_person_in_and_leaves_the_late_seat_alone(account, operator, course):
    [late] = pack(account)
    [other] = given_pack(CustomerAccountFactory())
    bob = assign(late, course, "bob@example.org", operator).user
    assign(other, course, "bob@example.org", UserFactory())

    assert enter_course(user=bob, course=course, now=LAST).consumed == 1

    assert states(late, other) == [SeatState.ASSIGNED, SeatState.CONSUMED]
    assert lapse_seats(now=LAST) == 1
    assert states(late, other) == [SeatState.AVAILABLE, SeatState.CONSUMED]
    assert Enrolment.objects.open().filter(user=bob).exists()


def test_a_ground_that_has_not_begun_or_is_over_does_not_let_in(account, operator, course):
    [late] = pack(account)
    [ahead] = given_pack(CustomerAccountFactory(), terms=Terms(starts_at=LAST + days(1)))
    bob = assign(late, course, "bob@example.org", operator).user
    assign(ahead, course, "bob@example.org", UserFactory())

    with pytest.raises(NotEnteredInTime):
        enter_course(user=bob, course=course, now=LAST)


def test_what_a_seat_is_holds_at_every_moment_without_a_job(account, operator, course):
    lapsed, free = pack(account, seats=2, valid_until=LAST + days(1))
    assign(lapsed, course, "bob@example.org", operator)
    seats = Seat.objects.filter(account=account)

    def being(now):
        for seat in seats.select_related("batch"):
            assert seats.being(seat.state_at(now), now).filter(pk=seat.pk).exists()
        counted = {state: seats.being(state, now).count() for state in SeatState.values}
        return {state: number for state, number in counted.items() if number}

    assert being(NOW) == {"available": 1, "assigned": 1}
    assert being(JUST_BEFORE) == {"available": 1, "assigned": 1}
    assert being(LAST) == {"available": 2}
    assert being(LAST + days(1)) == {"expired": 2}
    assert states(lapsed, free) == [SeatState.ASSIGNED, SeatState.AVAILABLE]


def test_a_late_person_can_be_taken_off_by_hand_before_the_job(account, operator, course):
    [seat] = pack(account)
    assign(seat, course, "bob@example.org", operator)

    release_seat(account=account, seat_id=seat.pk, actor=operator, now=LAST)

    assert lapse_seats(now=LAST) == 0
    seat.refresh_from_db()
    assert seat.enter_before is None


def test_lapsing_goes_on_where_it_stopped(account, operator, course):
    seats = pack(account, seats=5)
    for number, seat in enumerate(seats):
        assign(seat, course, f"person{number}@example.org", operator)

    assert [lapse_seats(now=LAST, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert not Seat.objects.in_use().exists()


def test_lapsing_is_a_constant_number_of_statements(account, operator):
    def statements(number):
        course = CourseFactory()
        for index, seat in enumerate(pack(account, seats=number)):
            assign(seat, course, f"person{number}-{index}@example.org", operator)
        with CaptureQueriesContext(connection) as queries:
            assert lapse_seats(now=LAST) == number
        return len(queries)

    assert statements(2) == statements(20)


def test_a_run_that_is_cut_off_leaves_nothing_behind_and_the_next_one_does_all(account, operator, course, monkeypatch):
    seats = pack(account, seats=3)
    for number, seat in enumerate(seats):
        assign(seat, course, f"person{number}@example.org", operator)
    monkeypatch.setattr(lapse, "tell_operators", cut_off)

    with pytest.raises(KeyboardInterrupt):
        lapse_seats(now=LAST)
    assert states(*seats) == [SeatState.ASSIGNED] * 3
    assert Ground.objects.live().filter(seat__isnull=False, kind="seat").count() == 3

    monkeypatch.undo()
    assert lapse_seats(now=LAST + days(10)) == 3
    assert Mail.objects.filter(kind="seats_lapsed").count() == 1


def cut_off(*_args, **_more):
    raise KeyboardInterrupt


def test_the_person_is_told_why_in_their_language(account, operator, course):
    [seat] = pack(account)
    bob = UserFactory(email="bob@example.org", language="fr")
    assign(seat, course, "bob@example.org", operator)
    Mail.objects.update(state=Mail.State.SENT, sent_at=NOW)

    lapse_seats(now=LAST)

    mail = Mail.objects.get(kind="place_lost", person_id=bob.pk)
    assert (mail.language, mail.context["courses"][0]["is_late"]) == ("fr", True)


@pytest.mark.parametrize("is_known", [True, False])
def test_the_mail_of_an_assignment_says_until_when_to_enter(account, operator, course, is_known):
    [seat] = pack(account)
    if is_known:
        UserFactory(email="bob@example.org", language="fr")
    assign(seat, course, "bob@example.org", operator)

    mail = Mail.objects.get(recipient="bob@example.org")
    text = " ".join(render_mail(mail, blank_secrets=True).text.split())

    assert mail.kind == ("seat_assigned" if is_known else "invitation")
    assert ("au plus tard le 12 mars 2026" if is_known else "to be entered by 12 March 2026") in text


def test_each_operator_is_told_once_of_all_that_they_assigned(account, operator, course):
    seats = pack(account, seats=3, valid_until=LAST) + pack(account)
    for number, seat in enumerate(seats):
        assign(seat, course, f"person{number}@example.org", operator)

    lapse_seats(now=LAST)
    lapse_seats(now=LAST + days(1))

    mail = Mail.objects.get(kind="seats_lapsed")
    assert (mail.person_id, mail.recipient, mail.language) == (operator.pk, "alice@example.org", "fr")
    assert (mail.context["number"], mail.context["free"], mail.context["expired"]) == (4, 1, 3)


def test_an_owner_is_told_in_place_of_who_is_no_operator_any_more(account, operator, course):
    owner = MembershipFactory(account=account).user
    [seat] = pack(account)
    assign(seat, course, "bob@example.org", operator)
    Membership.objects.filter(user=operator).delete()

    lapse_seats(now=LAST)

    assert Mail.objects.get(kind="seats_lapsed").person_id == owner.pk


def test_seats_of_sessions_have_no_such_day(account):
    given_session(CourseFactory(), account, learners=(UserFactory(),))

    assert lapse_seats(now=NOW + days(10_000)) == 0


def test_the_database_takes_no_term_of_no_days(account):
    [seat] = given_pack(account)

    with (
        pytest.raises(IntegrityError, match="enrolments_seatbatch_start_before"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE enrolments_seatbatch SET start_before_days = 0 WHERE id = %s", [seat.batch_id])


# Pages


@pytest.fixture
def desk(account, operator):
    MembershipFactory(account=account, user=operator, is_owner=False, is_operator=True)
    client = Client(headers={"accept-language": "en"})
    client.force_login(operator)
    return client


def late(account, operator, course, **how):
    """Return a seat that was to be entered by yesterday, and its person, before any job has run."""
    now = timezone.now() - days(12)
    [seat] = pack(account, now=now, **how)
    person = assign(seat, course, "bob@example.org", operator, now=now).user
    return seat, person


def text_of(answer):
    return " ".join(answer.content.decode().split())


def test_the_desk_shows_a_late_seat_as_free_and_assigns_it_at_once(desk, account, operator, course):
    seat, _bob = late(account, operator, course)
    url = reverse("account-seat", args=[account.pk, seat.pk])

    page = text_of(desk.get(url))
    assert "Not entered in time" in page
    assert "Assign this seat" in page
    assert "Take this person off" not in page

    new = {"email": "carol@example.org", "first_name": "Carol", "last_name": "Petit", "course": course.pk}
    assert desk.post(url, new).status_code == 302
    seat.refresh_from_db()
    assert (seat.state, seat.person.email) == (SeatState.ASSIGNED, "carol@example.org")
    assert seat.enter_before > timezone.now()
    assert [row[:2] for row in history(seat)[-3:]] == [
        ("available", "assigned"),
        ("assigned", "available"),
        ("available", "assigned"),
    ]


def test_a_late_seat_whose_validity_is_over_is_not_offered(desk, account, operator, course):
    seat, _bob = late(account, operator, course, valid_until=timezone.now() - days(1))

    page = text_of(desk.get(reverse("account-seat", args=[account.pk, seat.pk])))

    assert "its validity is over" in page
    assert "Expired" in page


def test_lists_and_counts_say_what_seats_are_now(desk, account, operator, course):
    seat, _bob = late(account, operator, course)
    listed = reverse("account-seats", args=[account.pk])
    counts = text_of(desk.get(reverse("account-seat-counts", args=[account.pk]), headers={"hx-request": "true"}))

    assert f"seat {seat.pk}" in text_of(desk.get(f"{listed}?state=available"))
    assert f"seat {seat.pk}" not in text_of(desk.get(f"{listed}?state=assigned"))
    assert 'data-label="Available">1<' in counts
    assert 'data-label="Assigned">0<' in counts


def test_the_person_is_told_on_their_pages_until_when_to_enter(account, operator, course):
    [seat] = pack(account, now=timezone.now())
    bob = assign(seat, course, "bob@example.org", operator, now=timezone.now()).user
    seat.refresh_from_db()
    client = Client(headers={"accept-language": "en"})
    client.force_login(bob)

    for url in (reverse("learn"), reverse("learn-course", args=[course.short_name])):
        page = text_of(client.get(url))
        assert f"<dt>Enter by</dt><dd>{end_in_words(seat.enter_before)}</dd>" in page
        assert "Enter the course" in page


def test_who_is_late_finds_no_button_and_gets_an_answer_to_a_posted_one(account, operator, course):
    _seat, bob = late(account, operator, course)
    client = Client(headers={"accept-language": "en"})
    client.force_login(bob)
    url = reverse("learn-course", args=[course.short_name])

    page = text_of(client.get(url))
    assert "You had to enter this course by" in page
    assert "Enter the course" not in page
    assert "Enter the course" not in text_of(client.get(reverse("learn")))
    answer = text_of(client.post(reverse("learn-enter", args=[course.short_name]), follow=True))
    assert "You did not enter this course in time" in answer

"""Moving people who have not begun: to another course, or to another session of their course."""

import pytest

from accounts.members.models import Membership
from accounts.people.delegation.models import Delegation
from accounts.teams.models import Team
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.places.services import CourseClosed, CourseFull, CourseOver, taken
from enrolments.grounds import told
from enrolments.grounds.models import Enrolment, EnrolmentEvent, Ground
from enrolments.seats.assign import AlreadyInSession
from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat
from enrolments.seats.move import move_seat, move_seats
from enrolments.seats.moves import SeatConsumed, SeatMoved, SeatNotAssigned, SeatNotFound, state_shown
from enrolments.seats.moving import AlreadyInCourse, CourseBeginsTooLate, NoFreeSeat, OtherCourse
from enrolments.seats.placing import CourseNotAllowed, SeatNotValid
from enrolments.seats.release import release_seat
from enrolments.values import Terms
from outbox.mails.models import Mail
from tests.enrolments.given import NOW, assign, day, days, given_pack, given_session, history, live_grounds
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator(account):
    user = UserFactory(email="alice@example.org")
    Membership.objects.create(account=account, user=user, is_operator=True, created_at=NOW)
    return user


@pytest.fixture
def course():
    return CourseFactory(short_name="SEC-FIRE")


@pytest.fixture
def other():
    return CourseFactory(short_name="SEC-AID")


def move(seat, to, operator, **how):
    how = {"language": "en", "now": NOW + days(1)} | how
    return move_seat(account=seat.account, seat_id=seat.pk, to=to, actor=operator, **how)


def placed(seat, course, email, operator):
    """Return the person placed on a seat, which is read again."""
    user = assign(seat, course, email, operator).user
    seat.refresh_from_db()
    return user


def refused(kind, seat, to, operator, **how):
    """Tell whether a move is refused for this reason, with nothing changed."""
    before = (history(seat), Enrolment.objects.open().count(), Ground.objects.live().count())
    with pytest.raises(kind):
        move(seat, to, operator, **how)
    return before == (history(seat), Enrolment.objects.open().count(), Ground.objects.live().count())


# To another course


def test_a_person_leaves_one_course_and_is_in_the_other_with_the_same_seat(account, operator, course, other):
    [seat] = given_pack(account, terms=Terms(duration_days=10))
    bob = placed(seat, course, "bob@example.org", operator)

    assert move(seat, other, operator) == seat

    seat.refresh_from_db()
    assert (seat.state, seat.person, seat.course, seat.assigned_by) == ("assigned", bob, other, operator)
    enrolment = Enrolment.objects.open().get(user=bob)
    assert (enrolment, enrolment.course) == (seat.enrolment, other)
    assert (enrolment.starts_at, enrolment.ends_at) == (NOW + days(1), NOW + days(11))
    assert live_grounds(bob, course) == []
    assert history(seat)[2:] == [("assigned", "available", "moved"), ("available", "assigned", "moved")]
    assert [event.course for event in seat.events.order_by("pk")][1:] == [course, course, other]
    assert taken([course.pk, other.pk]) == {course.pk: 0, other.pk: 1}


def test_groups_and_supervisor_follow(account, operator, course, other):
    [seat] = given_pack(account)
    bob = placed(seat, course, "bob@example.org", operator)

    move(seat, other, operator)

    live = Ground.objects.live().order_by("pk")
    group = CourseGroup.objects.get(course=other)
    assert [(each.enrolment.user, each.kind, each.group) for each in live] == [
        (bob, "seat", group),
        (operator, "supervision", group),
    ]
    told = EnrolmentEvent.objects.filter(enrolment__user=bob).order_by("pk").values_list("enrolment__course", "what")
    assert sorted(told) == sorted(
        [
            (course.pk, "opened"),
            (course.pk, "group_joined"),
            (course.pk, "closed"),
            (course.pk, "group_left"),
            (other.pk, "opened"),
            (other.pk, "group_joined"),
        ]
    )


def test_a_typed_reason_stands_in_the_history(account, operator, course, other):
    [seat] = given_pack(account)
    placed(seat, course, "bob@example.org", operator)

    move(seat, other, operator, reason="Works elsewhere now")

    assert [why for _from, _to, why in history(seat)[2:]] == ["Works elsewhere now"] * 2


def test_what_others_paid_for_stays(account, operator, course, other):
    [seat] = given_pack(account)
    [theirs] = given_pack(CustomerAccountFactory())
    bob = placed(seat, course, "bob@example.org", operator)
    assign(theirs, course, "bob@example.org", UserFactory())

    move(seat, other, operator)

    assert {each.course for each in Enrolment.objects.open().filter(user=bob)} == {course, other}
    assert [ground.seat for ground in live_grounds(bob, course)] == [theirs]


def test_only_a_course_on_the_seats_list_that_is_open_with_a_place_left(account, operator, course):
    [seat] = given_pack(account, course_list="SEC-*")
    placed(seat, course, "bob@example.org", operator)

    assert refused(CourseNotAllowed, seat, CourseFactory(short_name="LANG"), operator)
    assert refused(CourseClosed, seat, CourseFactory(short_name="SEC-1", is_visible=False), operator)
    assert refused(CourseOver, seat, CourseFactory(short_name="SEC-2", last_day=day("2026-03-01")), operator)
    full = CourseFactory(short_name="SEC-3", capacity=1)
    assign(given_pack(account)[0], full, "carol@example.org", operator)
    assert refused(CourseFull, seat, full, operator)


def test_nor_to_the_course_they_are_in_or_by_a_seat_whose_validity_is_over(account, operator, course, other):
    first, second = given_pack(account, seats=2, valid_until=NOW + days(10))
    placed(first, course, "bob@example.org", operator)
    placed(second, other, "bob@example.org", operator)

    assert refused(AlreadyInCourse, first, course, operator)
    assert refused(AlreadyInCourse, first, other, operator)
    assert refused(SeatNotValid, first, CourseFactory(), operator, now=NOW + days(11))


def test_a_sessions_seat_never_changes_the_course(account, operator, course, other):
    made = given_session(course, account, learners=(UserFactory(),))

    assert refused(CourseNotAllowed, made.batch.seats.get(), other, operator)


def test_the_last_place_goes_to_one_of_a_set_and_the_others_stay(account, operator, course):
    small = CourseFactory(capacity=1)
    seats = given_pack(account, seats=3)
    for number, seat in enumerate(seats):
        placed(seat, course, f"p{number}@example.org", operator)

    moved = move_seats(
        account=account, seats=dict.fromkeys([seat.pk for seat in seats]), to=small, actor=operator, language="en",
        now=NOW,
    )  # fmt: skip

    assert moved.seats == {seats[0].pk: seats[0]}
    assert {pk: type(why) for pk, why in moved.refused.items()} == dict.fromkeys([seats[1].pk, seats[2].pk], CourseFull)
    assert taken([small.pk, course.pk]) == {small.pk: 1, course.pk: 2}


# To another session


def test_a_person_takes_a_free_seat_of_the_other_session_and_leaves_a_free_one(account, operator, course):
    bob = UserFactory()
    made = given_session(course, account, learners=(bob,))
    later = given_session(course, account, blanks=1, terms=Terms(ends_at=NOW + days(90)))
    before = made.batch.seats.get()
    enrolment = before.enrolment

    now_on = move(before, later.group, operator)

    before.refresh_from_db()
    assert now_on == later.batch.seats.get()
    assert (now_on.state, now_on.person, now_on.enrolment, now_on.keeps_place) == ("assigned", bob, enrolment, False)
    assert (before.state, before.person, before.course, before.keeps_place) == ("available", None, course, True)
    assert before.role.code == "student"
    assert history(before)[-1] == ("assigned", "available", "moved")
    assert history(now_on)[-1] == ("available", "assigned", "moved")
    [ground] = live_grounds(bob, course)
    assert (ground.seat, ground.group, ground.ends_at) == (now_on, later.group, NOW + days(90))
    enrolment.refresh_from_db()
    assert (enrolment.closed_at, enrolment.ends_at) == (None, NOW + days(90))
    what = EnrolmentEvent.objects.filter(enrolment=enrolment).order_by("pk").values_list("what", flat=True)
    assert list(what)[2:] == ["group_joined", "changed", "group_left"]
    assert taken([course.pk]) == {course.pk: 2}


def test_it_works_in_a_course_that_is_full_and_closed(account, operator):
    course = CourseFactory(capacity=2)
    made = given_session(course, account, learners=(UserFactory(),))
    later = given_session(course, account, blanks=1)
    course.is_visible = False
    course.save()

    move(made.batch.seats.get(), later.group, operator)

    assert taken([course.pk]) == {course.pk: 2}


def test_a_seat_that_kept_no_place_takes_none_along(account, operator):
    course = CourseFactory(capacity=3)
    carol = UserFactory()
    [theirs] = given_pack(CustomerAccountFactory())
    assign(theirs, course, carol.email, UserFactory())
    later = given_session(course, account, learners=(carol,))
    blank = release_seat(account=account, seat_id=later.batch.seats.get().pk, actor=operator, now=NOW)
    made = given_session(course, account, learners=(UserFactory(),))
    before = made.batch.seats.get()
    assert not blank.keeps_place

    move(before, later.group, operator)

    before.refresh_from_db()
    assert not before.keeps_place
    assert taken([course.pk]) == {course.pk: 2}


def test_a_seat_of_a_pack_is_free_for_any_course_again(account, operator, course):
    [seat] = given_pack(account)
    bob = placed(seat, course, "bob@example.org", operator)
    made = given_session(course, account, blanks=1)

    now_on = move(seat, made.group, operator)

    seat.refresh_from_db()
    assert (seat.state, seat.course, seat.keeps_place) == ("available", None, False)
    assert (now_on.batch, now_on.person) == (made.batch, bob)


def test_a_tutor_takes_a_tutors_seat_and_a_learner_never_does(account, operator, course):
    tina, bob = UserFactory(), UserFactory()
    made = given_session(course, account, learners=(bob,), tutors=(tina,))
    later = given_session(course, account, tutors=(UserFactory(),))
    freed = release_seat(account=account, seat_id=later.batch.seats.get().pk, actor=operator, now=NOW)

    assert refused(NoFreeSeat, made.batch.seats.get(person=bob), later.group, operator)
    assert move(made.batch.seats.get(person=tina), later.group, operator) == freed
    freed.refresh_from_db()
    assert freed.enrolment.role.code == "tutor"


def test_a_seat_declared_for_the_role_goes_before_one_for_everybody(account, operator, course):
    made = given_session(course, account, learners=(UserFactory(),))
    later = given_session(course, account, learners=(UserFactory(),), blanks=1)
    declared = later.batch.seats.get(role__code="student")
    release_seat(account=account, seat_id=declared.pk, actor=operator, now=NOW)

    assert move(made.batch.seats.get(), later.group, operator) == declared


def test_nobody_sits_in_a_session_twice_or_in_one_of_another_course_or_account(account, operator, course, other):
    bob = UserFactory()
    made = given_session(course, account, learners=(bob,))
    seat = made.batch.seats.get()
    twice = given_session(course, account, learners=(bob,), blanks=1)

    assert refused(AlreadyInSession, seat, made.group, operator)
    assert refused(AlreadyInSession, seat, twice.group, operator)
    assert refused(OtherCourse, seat, given_session(other, account, blanks=1).group, operator)
    assert refused(NoFreeSeat, seat, given_session(course, account).group, operator)
    assert refused(SeatNotFound, seat, given_session(course, CustomerAccountFactory(), blanks=1).group, operator)


def test_never_more_people_than_seats(account, operator, course):
    made = given_session(course, account, learners=(UserFactory(), UserFactory()))
    later = given_session(course, account, blanks=1)
    ids = list(made.batch.seats.order_by("pk").values_list("pk", flat=True))

    moved = move_seats(
        account=account, seats=dict.fromkeys(ids), to=later.group, actor=operator, language="en", now=NOW
    )

    assert list(moved.seats) == ids[:1]
    assert [type(why) for why in moved.refused.values()] == [NoFreeSeat]
    assert Seat.objects.in_use().filter(batch=later.batch).count() == 1


def test_a_team_keeps_its_seats_for_its_people(account, operator, course):
    red, blue = (Team.objects.create(account=account, name=name) for name in ("Red", "Blue"))
    made = given_session(course, account, blanks=2)
    later = given_session(course, account, blanks=1)
    for blank in made.batch.seats.order_by("pk"):
        placed(blank, course, f"{blank.pk}@example.org", operator)
    of_red, of_none = made.batch.seats.order_by("pk")
    Delegation.objects.filter(person=of_red.person).update(team=red)
    later.batch.seats.update(team=red)

    assert refused(NoFreeSeat, of_none, later.group, operator)
    Delegation.objects.filter(person=of_none.person).update(team=blue)
    assert refused(NoFreeSeat, of_none, later.group, operator)
    assert move(of_red, later.group, operator) == later.batch.seats.get()


# Whoever may not be moved


def test_who_did_not_enter_in_time_has_no_seat_to_move(account, operator, course, other):
    [seat] = given_pack(account)
    placed(seat, course, "bob@example.org", operator)
    Seat.objects.filter(pk=seat.pk).update(enter_before=NOW + days(0.5))

    assert refused(SeatNotAssigned, seat, other, operator)


def test_once_entered_a_person_stays(account, operator, course, other):
    [seat] = given_pack(account)
    bob = placed(seat, course, "bob@example.org", operator)
    enter_course(user=bob, course=course, now=NOW)

    assert refused(SeatConsumed, seat, other, operator)


def test_a_free_seat_has_nobody_to_move(account, operator, other):
    [seat] = given_pack(account)

    assert refused(SeatNotAssigned, seat, other, operator)


def test_a_seat_moved_since_it_was_seen_stays(account, operator, course, other):
    [seat] = given_pack(account)
    placed(seat, course, "bob@example.org", operator)
    seen = state_shown(seat)
    move(seat, other, operator)

    assert refused(SeatMoved, seat, CourseFactory(), operator, seen=seen)


def test_a_seat_of_another_account_does_not_exist_nor_for_who_is_no_operator(account, operator, course, other):
    [theirs] = given_pack(CustomerAccountFactory())
    assign(theirs, course, "bob@example.org", UserFactory())
    [seat] = given_pack(account)
    placed(seat, course, "bob@example.org", operator)

    with pytest.raises(SeatNotFound):
        move_seat(account=account, seat_id=theirs.pk, to=other, actor=operator, language="en", now=NOW)
    assert refused(SeatNotFound, seat, other, UserFactory())


# As many statements for many as for one


@pytest.mark.parametrize("to_session", [False, True])
def test_takes_as_many_statements_for_many_as_for_one(
    account, operator, course, other, to_session, django_assert_max_num_queries
):
    counts = []
    for number in (1, 2, 12):  # the first makes the supervisor known there
        seats = given_pack(account, seats=number)
        for each, seat in enumerate(seats):
            placed(seat, course, f"p{number}-{each}@example.org", operator)
        to = given_session(course, account, blanks=number).group if to_session else other
        with django_assert_max_num_queries(100) as captured:
            moved = move_seats(
                account=account, seats=dict.fromkeys([seat.pk for seat in seats]), to=to, actor=operator,
                language="en", now=NOW + days(1),
            )  # fmt: skip
        assert len(moved.seats) == number
        counts.append(len(captured))
    assert counts[1] == counts[2]


# The day to enter by


def test_a_move_to_and_fro_gives_nobody_more_time_to_enter(account, operator, course, other):
    [seat] = given_pack(account, start_before_days=10)
    placed(seat, course, "bob@example.org", operator)
    first = seat.enter_before

    for day_of_move, to in enumerate((other, course, other), 3):
        move(seat, to, operator, now=NOW + days(day_of_move))
        seat.refresh_from_db()
        assert (seat.course, seat.enter_before) == (to, first)


def test_a_seat_assigned_anew_is_to_be_entered_by_a_day_of_its_own(account, operator, course):
    [seat] = given_pack(account, start_before_days=10)
    placed(seat, course, "bob@example.org", operator)
    first = seat.enter_before
    release_seat(account=account, seat_id=seat.pk, actor=operator, now=NOW + days(2))

    assign(seat, course, "bob@example.org", operator, now=NOW + days(3))

    seat.refresh_from_db()
    assert seat.enter_before == first + days(3)


def test_nobody_is_moved_to_a_course_that_begins_after_their_last_day_to_enter(account, operator, course):
    [seat] = given_pack(account, start_before_days=10)
    placed(seat, course, "bob@example.org", operator)

    assert refused(CourseBeginsTooLate, seat, CourseFactory(first_day=day("2026-03-13")), operator)
    assert move(seat, CourseFactory(first_day=day("2026-03-12")), operator) == seat


# Many at once


@pytest.mark.parametrize("is_to_session", [False, True])
def test_the_mails_of_one_person_are_looked_at_for_them_alone(
    account, operator, course, other, monkeypatch, is_to_session
):
    looked_at = []
    tells_of_loss = told._tells_of_loss
    monkeypatch.setattr(told, "_tells_of_loss", lambda mail, key: looked_at.append(mail) or tells_of_loss(mail, key))
    counts = []
    for number in (3, 9):
        seats = given_pack(account, seats=number)
        for seat in seats:
            placed(seat, course, f"p{seat.pk}@example.org", operator)
        to = given_session(course, account, blanks=number).group if is_to_session else other
        looked_at.clear()
        move_seats(
            account=account,
            seats={seat.pk: None for seat in seats},
            to=to,
            actor=operator,
            language="en",
            now=NOW + days(1),
        )
        counts.append(len(looked_at) / number)

    assert counts[0] == counts[1]


def test_mails_that_wait_tell_of_the_last_of_many_moves(account, operator, course, other):
    seats = given_pack(account, seats=3)
    for seat in seats:
        placed(seat, course, f"p{seat.pk}@example.org", operator)
        placed(given_pack(account)[0], CourseFactory(name_en="First aid"), f"p{seat.pk}@example.org", operator)
    for step, to in enumerate((other, course), 1):
        moved = move_seats(
            account=account, seats={seat.pk: None for seat in seats}, to=to, actor=operator, language="en",
            now=NOW + days(step),
        )  # fmt: skip
        assert moved.refused == {}

    courses: dict[int, list[str]] = {}
    for mail in Mail.objects.queued().filter(kind="invitation"):
        courses.setdefault(mail.person_id, []).extend(each["name"] for each in mail.context["courses"])
    assert [sorted(names) for names in courses.values()] == [sorted(["First aid", course.name_en])] * 3

"""A seat of a pack, whose course and person are chosen later."""

import pytest
from django.utils import translation

from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.places.services import CourseClosed, CourseFull, CourseOver
from enrolments.courses.roles.models import Role
from enrolments.grounds.models import Enrolment, EnrolmentEvent, Ground
from enrolments.grounds.periods import PeriodOver
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.moves import SeatNotFound, SeatNotFree
from enrolments.seats.placing import CourseNotAllowed, SeatNotValid, WrongRole
from enrolments.seats.release import release_seat
from enrolments.values import Terms
from outbox.mails.models import Mail
from tests.enrolments.given import NOW, assign, at, day, days, given_pack, given_session, history, live_grounds
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator():
    return UserFactory(email="alice@example.org")


@pytest.fixture
def course():
    return CourseFactory(short_name="SEC-FIRE")


def nothing_changed(seat: Seat) -> bool:
    seat.refresh_from_db()
    return (
        seat.state == SeatState.AVAILABLE
        and seat.events.count() == 1
        and not Enrolment.objects.exists()
        and not Ground.objects.exists()
        and not CourseGroup.objects.exists()
        and not Delegation.objects.exists()
        and not Mail.objects.exists()
    )


def test_an_unknown_person_is_made_invited_enrolled_and_delegated(account, operator, course):
    [seat] = given_pack(account)

    result = assign(seat, course, "Bob@Example.org", operator)

    assert result.is_used
    assert result.is_new
    bob = User.objects.get(email="bob@example.org")
    assert not bob.has_usable_password()
    enrolment = Enrolment.objects.get(user=bob)
    assert (enrolment.course, enrolment.role.code, enrolment.closed_at) == (course, Role.STUDENT, None)
    seat.refresh_from_db()
    assert (seat.state, seat.person, seat.course, seat.enrolment) == (SeatState.ASSIGNED, bob, course, enrolment)
    assert (seat.assigned_by, seat.assigned_at) == (operator, NOW)
    assert history(seat) == [("", "available", "sold"), ("available", "assigned", "assigned")]
    assert Delegation.objects.values_list("account", "operator", "person").get() == (account.pk, operator.pk, bob.pk)
    assert list(Mail.objects.values_list("kind", "recipient")) == [("invitation", "bob@example.org")]


def test_a_known_person_keeps_name_and_gets_a_mail_about_the_course(account, operator, course):
    [seat] = given_pack(account)
    bob = UserFactory(email="bob@example.org", first_name="Robert")

    result = assign(seat, course, "BOB@example.org", operator)

    assert (result.user, result.is_new) == (bob, False)
    bob.refresh_from_db()
    assert bob.first_name == "Robert"
    assert list(Mail.objects.values_list("kind", "recipient", "person_id")) == [
        ("seat_assigned", "bob@example.org", bob.pk)
    ]


def test_person_and_supervising_operator_stand_in_the_group_of_the_order(account, operator, course):
    [seat] = given_pack(account)

    result = assign(seat, course, "bob@example.org", operator)

    group = CourseGroup.objects.get()
    assert (group.name, group.course, group.account) == (seat.batch.order_number, course, account)
    grounds = Ground.objects.live().filter(group=group).order_by("pk")
    assert [(g.enrolment.user, g.kind, g.enrolment.role.code, g.seat_id) for g in grounds] == [
        (result.user, "seat", "student", seat.pk),
        (operator, "supervision", "teacher", seat.pk),
    ]


def test_every_change_leaves_an_event_for_a_mirror(account, operator, course):
    [seat] = given_pack(account)

    result = assign(seat, course, "bob@example.org", operator)

    events = EnrolmentEvent.objects.order_by("pk").values_list("enrolment__user", "what")
    assert sorted(events) == sorted(
        [
            (result.user.pk, "opened"),
            (operator.pk, "opened"),
            (result.user.pk, "group_joined"),
            (operator.pk, "group_joined"),
        ]
    )


def test_without_a_supervisor_role_the_operator_stays_outside(account, operator, course):
    [seat] = given_pack(account, supervisor=None)

    assign(seat, course, "bob@example.org", operator)

    assert not Enrolment.objects.filter(user=operator).exists()


def test_an_operator_may_place_themselves(account, operator, course):
    [seat] = given_pack(account)

    assign(seat, course, operator.email, operator)

    assert sorted(Enrolment.objects.filter(user=operator).values_list("role__code", flat=True)) == [
        "student",
        "teacher",
    ]
    assert not Delegation.objects.exists()


def test_who_is_there_on_a_ground_of_this_account_costs_no_second_seat(account, operator, course):
    first, second = given_pack(account, seats=2, terms=Terms(ends_at=NOW + days(90)))
    assign(first, course, "bob@example.org", operator)

    result = assign(second, course, "bob@example.org", operator, now=NOW + days(1))

    assert (result.is_used, result.until) == (False, NOW + days(90))
    second.refresh_from_db()
    assert second.state == SeatState.AVAILABLE
    assert Mail.objects.count() == 1


def test_the_end_told_is_that_of_this_account_alone(account, operator, course):
    other = CustomerAccountFactory()
    [theirs] = given_pack(other, terms=Terms(ends_at=NOW + days(300)))
    assign(theirs, course, "bob@example.org", UserFactory())
    mine, again = given_pack(account, seats=2, terms=Terms(ends_at=NOW + days(30)))
    assign(mine, course, "bob@example.org", operator)

    result = assign(again, course, "bob@example.org", operator)

    assert (result.is_used, result.until) == (False, NOW + days(30))


def test_who_is_there_on_other_grounds_only_gets_one_more_and_nothing_is_told(account, operator, course):
    [theirs] = given_pack(CustomerAccountFactory(), terms=Terms(ends_at=NOW + days(300)))
    bob = assign(theirs, course, "bob@example.org", UserFactory()).user
    [mine] = given_pack(account, terms=Terms(ends_at=NOW + days(30)))

    result = assign(mine, course, "bob@example.org", operator)

    assert (result.is_used, result.until) == (True, NOW + days(30))
    assert len(live_grounds(bob, course)) == 2
    assert Enrolment.objects.get(user=bob).ends_at == NOW + days(300)


def test_a_ground_of_this_account_that_is_over_does_not_save_the_seat(account, operator, course):
    first, second = given_pack(account, seats=2, terms=Terms(duration_days=10))
    bob = assign(first, course, "bob@example.org", operator).user

    result = assign(second, course, "bob@example.org", operator, now=NOW + days(11))

    assert result.is_used
    enrolment = Enrolment.objects.get(user=bob)
    assert (enrolment.starts_at, enrolment.ends_at) == (NOW, at("2026-03-23T10:00:00+01:00"))


def test_a_tutor_of_this_account_is_no_learner_yet(account, operator, course):
    bob = UserFactory(email="bob@example.org")
    given_session(course, account, tutors=(bob,))
    [seat] = given_pack(account)

    assert assign(seat, course, "bob@example.org", operator).is_used


def test_a_seat_is_only_used_for_the_courses_it_was_sold_for(account, operator):
    [seat] = given_pack(account, course_list="SEC-*")
    office = CourseFactory(short_name="BUR-EXCEL")

    with pytest.raises(CourseNotAllowed):
        assign(seat, office, "bob@example.org", operator)

    assert nothing_changed(seat)
    assert not User.objects.filter(email="bob@example.org").exists()


def test_a_course_added_later_or_renamed_is_still_covered(account, operator):
    first, second = given_pack(account, seats=2, course_list="sec-*")
    added = CourseFactory(short_name="Sec-New")
    renamed = CourseFactory(short_name="FIRE", former_names=["SEC-FIRE"])

    assert assign(first, added, "bob@example.org", operator).is_used
    assert assign(second, renamed, "carol@example.org", operator).is_used


@pytest.mark.parametrize(
    ("closed", "error"),
    [
        ({"is_visible": False}, CourseClosed),
        ({"enrolment_opens_on": day("2026-03-03")}, CourseClosed),
        ({"enrolment_closes_on": day("2026-03-01")}, CourseClosed),
        ({"last_day": day("2026-03-01")}, CourseOver),
    ],
)
def test_a_listed_course_must_be_open_too(account, operator, closed, error):
    [seat] = given_pack(account, course_list="SEC-FIRE")
    course = CourseFactory(short_name="SEC-FIRE", **closed)

    with pytest.raises(error):
        assign(seat, course, "bob@example.org", operator)

    assert nothing_changed(seat)


def test_a_full_course_takes_nobody_new(account, operator):
    course = CourseFactory(capacity=1)
    first, second = given_pack(account, seats=2)
    assign(first, course, "bob@example.org", operator)

    with pytest.raises(CourseFull):
        assign(second, course, "carol@example.org", operator)

    second.refresh_from_db()
    assert second.state == SeatState.AVAILABLE
    assert not User.objects.filter(email="carol@example.org").exists()


def test_a_full_course_takes_who_has_their_place_already(account, operator):
    course = CourseFactory(capacity=1)
    [theirs] = given_pack(CustomerAccountFactory())
    assign(theirs, course, "bob@example.org", UserFactory())
    [mine] = given_pack(account)

    assert assign(mine, course, "bob@example.org", operator).is_used


def test_supervisors_take_no_place(account, operator):
    course = CourseFactory(capacity=2)
    first, second = given_pack(account, seats=2)

    assign(first, course, "bob@example.org", operator)
    assign(second, course, "carol@example.org", operator)

    assert Enrolment.objects.filter(course=course).count() == 3


def test_a_seat_past_its_validity_is_refused_before_it_is_marked(account, operator, course):
    [seat] = given_pack(account, valid_until=NOW)

    with pytest.raises(SeatNotValid):
        assign(seat, course, "bob@example.org", operator)

    assert nothing_changed(seat)


def test_what_was_sold_may_be_over(account, operator, course):
    [seat] = given_pack(account, terms=Terms(ends_at=NOW))

    with pytest.raises(PeriodOver):
        assign(seat, course, "bob@example.org", operator)

    assert nothing_changed(seat)


def test_a_pack_places_learners_only(account, operator, course):
    [seat] = given_pack(account)

    with pytest.raises(WrongRole):
        assign(seat, course, "bob@example.org", operator, role=role(Role.TUTOR))

    assert nothing_changed(seat)


def test_who_comes_second_is_told_by_whom_and_when(account, operator, course):
    [seat] = given_pack(account)
    assign(seat, course, "bob@example.org", operator)

    with pytest.raises(SeatNotFree) as refused:
        assign(seat, course, "carol@example.org", UserFactory(), now=NOW + days(1))

    assert (refused.value.actor, refused.value.at) == (operator, NOW)
    with translation.override("en"):
        said = str(refused.value)
    assert said.startswith(f"This seat is no longer free: {operator.get_full_name()} changed it on ")


def test_a_seat_of_another_account_does_not_exist(account, operator, course):
    [theirs] = given_pack(CustomerAccountFactory())
    theirs.account = account

    with pytest.raises(SeatNotFound):
        assign(theirs, course, "bob@example.org", operator)

    assert nothing_changed(theirs)


def test_the_supervisor_stays_while_one_of_their_seats_is_taken(account, operator, course):
    first, second = given_pack(account, seats=2)
    assign(first, course, "bob@example.org", operator)
    assign(second, course, "carol@example.org", operator)
    release_seat(account=account, seat_id=first.pk, actor=operator, now=NOW)
    assert Enrolment.objects.open().filter(user=operator).exists()

    release_seat(account=account, seat_id=second.pk, actor=operator, now=NOW)

    assert not Enrolment.objects.open().filter(course=course).exists()


def test_the_list_was_frozen_when_the_seat_was_sold(account, operator, course):
    [seat] = given_pack(account, course_list="SEC-*")

    assert seat.batch.course_list == "SEC-*"
    assert assign(seat, course, "bob@example.org", operator).is_used

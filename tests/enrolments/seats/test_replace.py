"""Exchange of the person on a seat, before the first entry, in one step."""

import pytest
from django.utils.translation import override

from accounts.members.models import Membership
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from common.moments import days_later
from enrolments.courses.models import Course
from enrolments.courses.places.services import CourseClosed, CourseFull, taken
from enrolments.courses.roles.models import Role
from enrolments.grounds.models import Enrolment, EnrolmentEvent, Ground
from enrolments.seats.assign import AlreadyInSession
from enrolments.seats.enter import enter_course
from enrolments.seats.models import Seat
from enrolments.seats.moves import SeatConsumed, SeatMoved, SeatNotAssigned, SeatNotFound, state_shown
from enrolments.seats.placing import SeatNotValid
from enrolments.seats.release import release_seat
from enrolments.seats.replace import EnrolledAlready, HasSeatAlready, SeatsRefused, replace_person
from enrolments.values import Terms
from outbox.mails.models import Mail
from tests.enrolments.given import NOW, assign, day, days, given_pack, given_session, history, typed
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

LATER = NOW + days(1)


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator(account):
    return MembershipFactory(account=account, user__email="alice@example.org").user


def replace(operator, *seats, email="dan@example.org", **how):
    wanted = {seat.pk: None for seat in seats} | how.pop("seen", {})
    return replace_person(
        account=how.pop("account", seats[0].account),
        seats=wanted,
        person=typed(email),
        operator=operator,
        language="en",
        now=how.pop("now", LATER),
        **how,
    )


def refusal_of(operator, seat, **how):
    before = as_it_is()
    with pytest.raises(SeatsRefused) as refused:
        replace(operator, seat, **how)
    assert as_it_is() == before
    return refused.value.seats[seat.pk]


def as_it_is():
    return (
        sorted(Seat.objects.values_list("pk", "state", "person_id", "assigned_at")),
        sorted(Ground.objects.values_list("pk", "ended_at", "ends_at")),
        sorted(User.objects.values_list("email")),
        Mail.objects.count(),
    )


def people_in(course):
    open_ones = Enrolment.objects.open().filter(course=course, role__kind__in=Role.PLACE_TAKING)
    return sorted(open_ones.values_list("user__email", flat=True))


def events_of(user):
    events = EnrolmentEvent.objects.filter(enrolment__user=user).order_by("pk")
    return [event.what for event in events]


def test_the_seat_goes_from_one_person_to_the_other(account, operator):
    course = CourseFactory(capacity=1)
    [seat] = given_pack(account, terms=Terms(duration_days=30))
    carol = assign(seat, course, "carol@example.org", operator).user

    replaced = replace(operator, seat, reason="Carol is ill")

    seat.refresh_from_db()
    dan = User.objects.get(email="dan@example.org")
    assert replaced.user == dan
    assert (seat.state, seat.person, seat.course, seat.assigned_by, seat.assigned_at) == (
        "assigned",
        dan,
        course,
        operator,
        LATER,
    )
    assert people_in(course) == ["dan@example.org"]
    assert seat.enrolment.ends_at == days_later(LATER, 30)
    assert events_of(carol) == ["opened", "group_joined", "closed", "group_left"]
    assert events_of(dan) == ["opened", "group_joined"]
    assert list(seat.events.order_by("pk").values_list("from_state", "to_state", "person__email", "reason"))[-2:] == [
        ("assigned", "available", "carol@example.org", "Carol is ill"),
        ("available", "assigned", "dan@example.org", "Carol is ill"),
    ]
    assert Delegation.objects.filter(account=account, operator=operator, person=dan).exists()


def test_history_says_that_somebody_was_exchanged(account, operator):
    [seat] = given_pack(account)
    assign(seat, CourseFactory(), "carol@example.org", operator)

    replace(operator, seat)

    assert history(seat)[-2:] == [("assigned", "available", "replaced"), ("available", "assigned", "replaced")]


def test_one_is_invited_and_the_other_told_kindly_without_a_name(account, operator):
    [seat] = given_pack(account)
    assign(seat, CourseFactory(), "carol@example.org", operator)
    Mail.objects.update(state=Mail.State.SENT, sent_at=NOW)

    replace(operator, seat)

    lost, invitation = (Mail.objects.get(kind=kind, recipient=to) for kind, to in (
        ("place_lost", "carol@example.org"), ("invitation", "dan@example.org"),
    ))  # fmt: skip
    assert "dan" not in str(lost.context).lower()
    assert "carol" not in str(invitation.context).lower()


def test_who_never_heard_of_the_seat_hears_nothing_of_the_exchange(account, operator):
    [seat] = given_pack(account)
    carol = assign(seat, CourseFactory(), "carol@example.org", operator).user

    replace(operator, seat)

    assert set(Mail.objects.filter(person_id=carol.pk).values_list("kind", "state")) == {("invitation", "recalled")}


def test_what_other_purchases_gave_stays(account, operator):
    course = CourseFactory()
    [mine] = given_pack(account)
    [theirs] = given_pack(CustomerAccountFactory())
    carol = assign(theirs, course, "carol@example.org", UserFactory()).user
    assign(mine, course, "carol@example.org", operator)

    replace(operator, mine)

    assert people_in(course) == ["carol@example.org", "dan@example.org"]
    assert Ground.objects.live().get(enrolment__user=carol).seat == theirs


def test_once_entered_nobody_is_exchanged(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account)
    carol = assign(seat, course, "carol@example.org", operator).user
    enter_course(user=carol, course=course, now=NOW)

    assert isinstance(refusal_of(operator, seat), SeatConsumed)


def test_a_free_seat_has_nobody_to_exchange(account, operator):
    [seat] = given_pack(account)

    assert isinstance(refusal_of(operator, seat), SeatNotAssigned)


def test_a_seat_given_to_another_since_it_was_seen_is_left_alone(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account)
    assign(seat, course, "carol@example.org", operator)
    seat.refresh_from_db()
    seen = state_shown(seat)
    release_seat(account=account, seat_id=seat.pk, actor=operator, now=NOW)
    assign(seat, course, "erin@example.org", operator)

    assert isinstance(refusal_of(operator, seat, seen={seat.pk: seen}), SeatMoved)


def test_seats_of_another_account_are_not_there(account, operator):
    [theirs] = given_pack(CustomerAccountFactory())
    assign(theirs, CourseFactory(), "carol@example.org", UserFactory())

    assert isinstance(refusal_of(operator, theirs, account=account), SeatNotFound)


def test_who_is_no_operator_any_more_exchanges_nobody(account, operator):
    [seat] = given_pack(account)
    assign(seat, CourseFactory(), "carol@example.org", operator)
    Membership.objects.filter(user=operator).update(is_owner=False, is_operator=False, is_buyer=True)

    with pytest.raises(SeatNotFound):
        replace(operator, seat)


def test_nobody_is_exchanged_for_themself(account, operator):
    [seat] = given_pack(account)
    assign(seat, CourseFactory(), "carol@example.org", operator)

    with pytest.raises(HasSeatAlready):
        replace(operator, seat, email="CAROL@example.org")


def test_no_seat_goes_to_somebody_whom_the_account_has_placed_there(account, operator):
    course = CourseFactory()
    first, second = given_pack(account, seats=2, terms=Terms(ends_at=NOW + days(90)))
    assign(first, course, "carol@example.org", operator)
    assign(second, course, "dan@example.org", operator)

    refused = refusal_of(operator, first)

    assert isinstance(refused, EnrolledAlready)
    with override("en"):
        assert "until 31 May 2026" in str(refused)


def test_nobody_sits_in_a_session_twice(account, operator):
    carol, dan = UserFactory(), UserFactory(email="dan@example.org")
    made = given_session(CourseFactory(), account, learners=(carol, dan), operator=operator)
    seat = made.batch.seats.get(person=carol)

    assert isinstance(refusal_of(operator, seat), AlreadyInSession)


def test_a_session_seat_passes_on_though_the_course_is_full_closed_and_hidden(account, operator):
    course = CourseFactory(capacity=2)
    carol, tom = UserFactory(), UserFactory()
    made = given_session(course, account, learners=(carol,), tutors=(tom,), operator=operator)
    Course.objects.update(is_visible=False, enrolment_closes_on=day("2026-03-01"), capacity=1)
    tutors = made.batch.seats.get(person=tom)

    replace(operator, tutors)

    tutors.refresh_from_db()
    assert (tutors.person.email, tutors.enrolment.role.code, tutors.role.code) == ("dan@example.org", "tutor", "tutor")
    assert set(Ground.objects.live().filter(enrolment__user=tutors.person).values_list("group", flat=True)) == {
        made.group.pk
    }
    assert taken([course.pk]) == {course.pk: 2}


def test_a_blank_seat_filled_with_a_tutor_goes_to_a_tutor(account, operator):
    course = CourseFactory()
    seat = given_session(course, account, blanks=1).batch.seats.get()
    assign(seat, course, "carol@example.org", operator, role=Role.objects.get(code=Role.TUTOR))

    replace(operator, seat)

    seat.refresh_from_db()
    assert (seat.role, seat.enrolment.role.code, seat.keeps_place) == (None, "tutor", False)


def test_the_place_passes_on_in_a_course_that_became_too_small(account, operator):
    course = CourseFactory()
    first, second = given_pack(account, seats=2)
    assign(first, course, "carol@example.org", operator)
    assign(second, course, "erin@example.org", operator)
    Course.objects.update(capacity=1)

    replace(operator, first)

    assert people_in(course) == ["dan@example.org", "erin@example.org"]


def test_a_place_that_the_person_keeps_is_none_to_pass_on(account, operator):
    course = CourseFactory(capacity=1)
    [mine] = given_pack(account)
    [theirs] = given_pack(CustomerAccountFactory())
    assign(theirs, course, "carol@example.org", UserFactory())
    assign(mine, course, "carol@example.org", operator)

    assert isinstance(refusal_of(operator, mine), CourseFull)


def test_a_seat_of_a_pack_goes_to_nobody_when_it_could_not_be_assigned(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account, valid_until=NOW + days(2))
    assign(seat, course, "carol@example.org", operator)

    assert isinstance(refusal_of(operator, seat, now=NOW + days(2)), SeatNotValid)
    Course.objects.update(enrolment_closes_on=day("2026-03-01"))
    assert isinstance(refusal_of(operator, seat), CourseClosed)


def test_the_supervisor_stays_without_an_interruption_and_as_long_as_the_learner(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account, terms=Terms(duration_days=30))
    assign(seat, course, "carol@example.org", operator)

    replace(operator, seat)

    assert events_of(operator) == ["opened", "group_joined", "changed"]
    [ground] = Ground.objects.filter(enrolment__user=operator)
    assert (ground.ended_at, ground.ends_at, ground.enrolment.ends_at) == (
        None,
        days_later(LATER, 30),
        days_later(LATER, 30),
    )


def test_a_colleague_who_exchanges_supervises(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account)
    assign(seat, course, "carol@example.org", operator)
    bob = MembershipFactory(account=account, is_owner=False, is_operator=True).user

    replace(bob, seat)

    supervising = Ground.objects.live().filter(kind=Ground.Kind.SUPERVISION)
    assert [ground.enrolment.user for ground in supervising] == [bob]


def test_all_seats_of_a_person_go_or_none(account, operator):
    one, other = CourseFactory(), CourseFactory()
    first, second = given_pack(account, seats=2)
    carol = assign(first, one, "carol@example.org", operator).user
    assign(second, other, "carol@example.org", operator)
    enter_course(user=carol, course=one, now=NOW)
    before = as_it_is()

    with pytest.raises(SeatsRefused) as refused:
        replace(operator, first, second)

    assert list(refused.value.seats) == [first.pk]
    assert as_it_is() == before
    replace(operator, second)
    assert (people_in(one), people_in(other)) == (["carol@example.org"], ["dan@example.org"])


def test_a_seat_of_a_pack_and_one_of_a_session_in_one_course_go_together(account, operator):
    course = CourseFactory()
    [pack] = given_pack(account)
    carol = assign(pack, course, "carol@example.org", operator).user
    seat = given_session(course, account, learners=(carol,), operator=operator).batch.seats.get()

    replace(operator, seat, pack)

    assert set(Seat.objects.values_list("person__email", flat=True)) == {"dan@example.org"}


def test_many_seats_take_as_many_statements_as_two(account, operator, django_assert_max_num_queries):
    def exchange(count, number):
        course = CourseFactory()
        batches = [given_session(course, account, learners=(), blanks=1) for _ in range(count)]
        seats = [made.batch.seats.get() for made in batches]
        for seat in seats:
            assign(seat, course, f"carol{number}@example.org", operator)
        return lambda: replace(operator, *seats, email=f"dan{number}@example.org")

    few, many = exchange(2, 1), exchange(20, 2)
    with django_assert_max_num_queries(62) as captured:
        few()
    with django_assert_max_num_queries(len(captured)):
        many()

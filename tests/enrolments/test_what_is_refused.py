"""Refusals one by one, each at its bound and with the words and values it carries; and what they leave alone."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from accounts.people.services import PersonTyped
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.groups.services import save_standing_group, standing_group
from enrolments.courses.models import CourseName
from enrolments.courses.places.services import (
    CourseFull,
    CourseOver,
    free,
    hold_places,
    lock_courses,
    places_held,
    refuse_overfull,
    release_hold,
    taken,
)
from enrolments.courses.roles.models import Role
from enrolments.courses.roles.services import RoleFixed, is_fixed, save_role
from enrolments.courses.services import (
    CapacityBelowTaken,
    LinkRefused,
    ShortNameTaken,
    find_course,
    find_courses,
    is_web_address,
    lock_named_courses,
    save_course,
)
from enrolments.grounds.by_hand import end_by_hand, enrol_address_by_hand, enrol_by_hand
from enrolments.grounds.enrol_line import end_line_grounds, enrol_on_line
from enrolments.grounds.models import Enrolment, EnrolmentEvent, Ground
from enrolments.grounds.supervise import end_what_operators_got, supervise
from enrolments.grounds.support import enrol_in_support
from enrolments.seats.assign import CourseNotAllowed
from enrolments.seats.enter import enter_course
from enrolments.seats.expire import expire_seats
from enrolments.seats.models import Seat, SeatEvent, SeatState
from enrolments.seats.moves import (
    SeatConsumed,
    SeatNotAssigned,
    SeatNotFree,
    SeatsRaced,
    move_locked_seats,
    move_seat,
    refusal,
    with_locked_seats,
)
from enrolments.seats.release import release_seat
from enrolments.sessions.services import SessionPlace, create_session_seats
from enrolments.values import Period, Terms
from outbox.mails.models import Mail
from tests.enrolments.given import ENTRY, NOW, assign, day, days, given_pack, given_session, new_line
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory, CourseGroupFactory, RoleFactory, role

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator():
    return UserFactory(email="alice@example.org")


# --- Courses ---


@pytest.mark.parametrize(
    ("link", "is_one"),
    [
        ("https://learn.example.org/a", True),
        ("http://learn.example.org", True),
        ("ftp://learn.example.org", False),
        ("https:///a", False),
        ("learn.example.org", False),
    ],
)
def test_a_link_is_an_address_of_the_web(link, is_one):
    assert is_web_address(link) is is_one


def test_what_cannot_be_a_course_is_not_saved(account):
    course = CourseFactory(short_name="FIRE", capacity=3)
    given_session(course, account, blanks=2)

    with pytest.raises(LinkRefused):
        save_course(course=CourseFactory.build(link="ftp://x"))
    with pytest.raises(ShortNameTaken) as taken_name:
        save_course(course=CourseFactory.build(short_name="fire"))
    course.capacity = 1
    with pytest.raises(CapacityBelowTaken) as below:
        save_course(course=course)

    assert taken_name.value.short_name == "fire"
    assert "“fire”" in str(taken_name.value)
    assert below.value.count == 2
    assert str(below.value).startswith("2 places are taken")
    course.refresh_from_db()
    assert course.capacity == 3
    assert CourseName.objects.count() == 1


@pytest.mark.parametrize("capacity", [2, 3, None])
def test_a_capacity_may_be_as_small_as_what_is_taken(account, capacity):
    course = CourseFactory(capacity=5)
    given_session(course, account, blanks=2)

    course.capacity = capacity
    save_course(course=course)

    course.refresh_from_db()
    assert course.capacity == capacity


def test_a_course_may_be_without_a_link():
    assert save_course(course=CourseFactory.build(short_name="FIRE", link="")).pk is not None


@pytest.mark.parametrize("asked", [" fire ", "FIRE", "Ge\u0301nie", "génie"])
def test_a_course_is_found_by_any_spelling_of_its_names(asked):
    course = CourseFactory(short_name="Fire", former_names=["Génie"])

    assert find_course(asked) == course
    assert find_courses([asked, "unknown"]) == {asked: course}
    assert lock_named_courses([asked, "unknown"]) == {asked: course}


def test_courses_are_locked_as_they_are_and_unknown_ones_left_out():
    one, other = CourseFactory.create_batch(2)

    assert lock_courses([other.pk, one.pk, other.pk, 0]) == {one.pk: one, other.pk: other}
    assert lock_courses([]) == {}


def test_free_places_are_never_below_none(account):
    course, endless = CourseFactory(capacity=3), CourseFactory()
    given_session(course, account, blanks=3)

    assert free([course.pk, endless.pk]) == {course.pk: 0, endless.pk: None}
    course.capacity = 2
    course.save()
    assert free([course.pk]) == {course.pk: 0}
    assert taken([]) == {}
    with pytest.raises(CourseFull) as full:
        refuse_overfull([endless, course])
    assert full.value.course == course
    assert course.name in str(full.value)


def test_what_lines_hold_is_told_line_by_line_and_order_by_order(account):
    one, other = CourseFactory.create_batch(2)
    first = new_line(account)
    second, foreign = new_line(account, order_id=first.order_id), new_line(account)
    for course, line, places in ((one, first, 2), (other, first, 3), (one, second, 4), (one, foreign, 5)):
        hold_places(course=course, line=line, places=places, now=NOW)
    assert places_held(order_id=first.order_id) == {first.line_id: 5, second.line_id: 4}

    release_hold(line_id=second.line_id, now=NOW)
    assert places_held(order_id=first.order_id) == {first.line_id: 5}


# --- Groups and roles ---


def test_groups_that_cannot_be_are_not_saved(account):
    course = CourseFactory()
    CourseGroupFactory(course=course, name="Monday")
    of_order = given_session(course, account, blanks=1).group

    for group, says in (
        (of_order, "named after its number"),
        (CourseGroup(course=course, name="  "), "needs a name"),
        (CourseGroup(course=course, name=" monday "), "has a group of that name"),
    ):
        with pytest.raises(ValidationError, match=says):
            save_standing_group(group=group)

    assert CourseGroup.objects.count() == 2


def test_a_group_may_keep_its_name_and_share_it_with_another_course(account):
    monday = CourseGroupFactory(name="Monday")
    monday.name = " MONDAY "

    assert save_standing_group(group=monday).name == "MONDAY"
    assert save_standing_group(group=CourseGroup(course=CourseFactory(), name="Monday")).pk != monday.pk


def test_a_standing_group_is_found_by_any_spelling_in_its_own_course(account):
    monday = CourseGroupFactory(name="Monday")
    line = new_line(account)
    given_session(monday.course, account, blanks=1, line=line)

    assert standing_group(course=monday.course, name=" monday ") == monday
    made = standing_group(course=CourseFactory(), name=" Monday ")
    assert (made.name, made.order_id, made.account) == ("Monday", None, None)
    # The group of an order is no standing one, though it has the name.
    assert standing_group(course=monday.course, name=line.order_number).order_id is None


def supervises_a_batch(used, account):
    [seat] = given_pack(account)
    type(seat.batch).objects.filter(pk=seat.batch_id).update(supervisor_role=used)


def is_on_a_seat(used, account):
    made = given_session(CourseFactory(), account, blanks=1)
    made.batch.seats.update(role=used)


def is_somebodys(used, account):
    enrol_by_hand(course=CourseFactory(), user=UserFactory(), role=used, period=Period(NOW), now=NOW)


@pytest.mark.parametrize("use", [supervises_a_batch, is_on_a_seat, is_somebodys])
@pytest.mark.parametrize("change", [{"code": "other"}, {"kind": "learner"}])
def test_a_role_in_use_keeps_code_and_kind_and_takes_another_name(account, use, change):
    used, free_one = RoleFactory(), RoleFactory()
    use(used, account)

    assert (is_fixed(used), is_fixed(free_one), is_fixed(Role())) == (True, False, False)
    for name, value in change.items():
        setattr(used, name, value)
    with pytest.raises(RoleFixed):
        save_role(role=used)
    used.refresh_from_db()
    used.name_en = "Guide"
    save_role(role=used)
    for name, value in change.items():
        setattr(free_one, name, value)
    save_role(role=free_one)

    used.refresh_from_db()
    free_one.refresh_from_db()
    assert used.name_en == "Guide"
    assert {name: getattr(free_one, name) for name in change} == change


def test_a_standing_role_is_fixed_though_nobody_has_it():
    assert is_fixed(role(Role.TUTOR))


# --- Grounds ---


def by_hand(course, email, *, code=Role.STUDENT, terms=Terms(), language="en", now=NOW):  # noqa: B008
    person = PersonTyped(email=email, first_name="Bob", last_name="Roy")
    return enrol_address_by_hand(
        course=course, person=person, role=role(code), terms=terms, language=language, now=now
    )  # fmt: skip


def test_the_merchants_hand_is_a_ground_of_its_own_told_once():
    course = CourseFactory()

    first = by_hand(course, "bob@example.org", terms=Terms(ends_at=NOW + days(5)), language="fr")
    again = by_hand(course, "bob@example.org", now=NOW + days(1))

    ground = Ground.objects.get()
    assert (first.is_new, again.is_new, again.user) == (True, False, first.user)
    assert (first.user.first_name, first.user.language, first.user.created_by_account) == ("Bob", "fr", None)
    assert (ground.kind, ground.account, ground.order_id, ground.line_id, ground.seat, ground.group) == (
        "merchant", None, None, None, None, None,
    )  # fmt: skip
    assert (ground.starts_at, ground.ends_at, ground.created_at) == (NOW, NOW + days(5), NOW)
    mail = Mail.objects.get()
    assert (mail.kind, mail.key, mail.language, mail.account_id) == (
        "invitation", f"invitation:hand:{ground.pk}:{first.user.pk}", "fr", None,
    )  # fmt: skip


def test_a_second_role_and_a_second_course_are_new(account):
    course, other = CourseFactory.create_batch(2)
    by_hand(course, "bob@example.org")

    assert by_hand(course, "bob@example.org", code=Role.TEACHER).is_new
    assert by_hand(other, "bob@example.org").is_new
    assert by_hand(course, "carol@example.org").is_new
    assert Ground.objects.count() == 4


def test_the_merchants_word_is_taken_back_from_its_own_enrolment_alone(account):
    course, bob = CourseFactory(), UserFactory()
    enrol_on_line(line=new_line(account), course=course, user=bob, role=role(), group=None, terms=Terms(), now=NOW)
    enrolment = enrol_by_hand(course=course, user=bob, role=role(), period=Period(NOW), now=NOW)
    other = enrol_by_hand(course=CourseFactory(), user=bob, role=role(), period=Period(NOW), now=NOW)

    assert end_by_hand(enrolment=enrolment, reason="Mistake", now=NOW + days(1)) is True
    assert end_by_hand(enrolment=enrolment, reason="Mistake", now=NOW + days(1)) is False

    ended = Ground.objects.get(ended_at__isnull=False)
    assert (ended.kind, ended.enrolment, ended.ended_at, ended.ended_reason) == (
        "merchant", enrolment, NOW + days(1), "Mistake",
    )  # fmt: skip
    assert set(Enrolment.objects.open()) == {enrolment, other}


def test_only_what_an_operator_got_for_the_account_ends(account, operator):
    course, support, foreign = CourseFactory.create_batch(3)
    teacher, colleague, line = role(Role.TEACHER), UserFactory(), new_line(account)
    how = {"role": teacher, "group": None, "terms": Terms(), "now": NOW}
    assert supervise(line=line, course=course, operator=operator, **how)
    assert supervise(line=line, course=course, operator=colleague, **how)
    enrol_in_support(course=support, user=operator, line=line, now=NOW)
    assert supervise(line=new_line(CustomerAccountFactory()), course=foreign, operator=operator, **how)
    enrol_on_line(
        line=new_line(account), course=course, user=operator, role=role(), group=None, terms=Terms(), now=NOW
    )  # fmt: skip

    end_what_operators_got(account, [operator.pk], NOW + days(1))

    ended = Ground.objects.filter(ended_at__isnull=False).order_by("kind")
    assert [(ground.kind, ground.enrolment.user, ground.ended_at, ground.ended_reason) for ground in ended] == [
        ("supervision", operator, NOW + days(1), "right_lost"),
        ("support", operator, NOW + days(1), "right_lost"),
    ]
    assert Ground.objects.live().filter(enrolment__user=operator).count() == 2


def test_a_supervisor_is_enrolled_for_what_was_sold_and_never_too_late(account, operator):
    course, line = CourseFactory(last_day=day("2026-03-20")), new_line(account)
    group = CourseGroupFactory(course=course)
    how = {"line": line, "course": course, "operator": operator, "role": role(Role.TEACHER), "group": group}

    assert supervise(**how, terms=Terms(ends_at=NOW), now=NOW) is False
    assert not Ground.objects.exists()
    assert supervise(**how, terms=Terms(ends_at=NOW + days(3)), now=NOW) is True

    columns = ("kind", "account", "order_id", "order_number", "line_id", "seat", "group", "starts_at", "ends_at")
    assert Ground.objects.values_list(*columns).get() == (
        "supervision", account.pk, line.order_id, line.order_number, line.line_id, None, group.pk, NOW, NOW + days(3),
    )  # fmt: skip


def test_who_leaves_one_of_two_groups_is_said_to_leave_that_one(account):
    course, bob = CourseFactory(), UserFactory()
    one, other = CourseGroupFactory.create_batch(2, course=course)
    lines = [new_line(account), new_line(account)]
    for line, group in zip(lines, (one, other), strict=True):
        enrol_on_line(line=line, course=course, user=bob, role=role(), group=group, terms=Terms(), now=NOW)

    end_line_grounds(line_id=lines[0].line_id, reason="Refund", now=NOW + days(1))

    left = EnrolmentEvent.objects.filter(what="group_left").values_list("enrolment__user", "at", "detail")
    assert list(left) == [(bob.pk, NOW + days(1), {"group": one.pk})]
    joined = EnrolmentEvent.objects.filter(what="group_joined").order_by("pk")
    assert [event.detail["group"] for event in joined] == [one.pk, other.pk]


def test_ending_nothing_writes_nothing(account):
    assert end_line_grounds(line_id=new_line(account).line_id, reason="Refund", now=NOW) == 0
    assert not EnrolmentEvent.objects.exists()


# --- Seats ---


def test_a_seat_that_moved_meanwhile_is_not_moved_and_leaves_no_history(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account)
    stale = Seat.objects.get(pk=seat.pk)
    assign(seat, course, "bob@example.org", operator)
    before = SeatEvent.objects.count()

    moved = move_seat(
        seat=stale, to_state=SeatState.EXPIRED, changes={}, actor=None, reason="Never", now=NOW
    )  # fmt: skip

    assert moved is False
    assert stale.state == "available"
    assert SeatEvent.objects.count() == before
    seat.refresh_from_db()
    assert seat.state == "assigned"


def test_locked_seats_that_moved_all_the_same_are_an_error(account):
    seats = given_pack(account, seats=2)
    Seat.objects.filter(pk=seats[0].pk).update(state="expired")

    with pytest.raises(RuntimeError, match="1 of 2 seats moved"):
        move_locked_seats(
            seats=seats, to_state=SeatState.REVOKED, changes={}, actor=None, reason="Refund", now=NOW
        )  # fmt: skip


def test_no_seats_are_no_move(account):
    move_locked_seats(seats=[], to_state=SeatState.REVOKED, changes={}, actor=None, reason="Refund", now=NOW)

    assert not SeatEvent.objects.exists()


def test_seats_that_keep_moving_between_courses_are_given_up_after_three_times(account, monkeypatch):
    tried = []
    monkeypatch.setattr("enrolments.seats.moves._lock_seats", lambda seats: tried.append(1))

    with pytest.raises(SeatsRaced):
        with_locked_seats(Seat.objects.all(), lambda seats: pytest.fail("worked"))

    assert len(tried) == 3


@pytest.mark.parametrize(
    ("kind", "told"), [(SeatNotAssigned, SeatConsumed), (SeatNotFree, SeatNotFree)], ids=["release", "assign"]
)
def test_a_refusal_names_who_moved_the_seat_last(account, operator, kind, told):
    course = CourseFactory()
    [seat] = given_pack(account)
    bob = assign(seat, course, "bob@example.org", operator).user
    before = refusal(kind, seat.pk)
    enter_course(user=bob, course=course, now=NOW + days(1))

    after = refusal(kind, seat.pk)

    assert (type(before), before.actor, before.at, before.state) == (kind, operator, NOW, "assigned")
    assert operator.get_full_name() in str(before)
    assert (type(after), after.actor, after.at, after.state) == (told, bob, NOW + days(1), "consumed")
    nobody = refusal(kind, 0)
    assert (type(nobody), nobody.actor, nobody.at, nobody.state) == (kind, None, None, "")


def test_a_seat_nobody_moved_in_person_is_refused_without_a_name(account):
    [seat] = given_pack(account)

    assert str(refusal(SeatNotFree, seat.pk)).startswith("This seat is no longer free: it was changed on")
    assert "None" not in str(refusal(SeatNotFree, seat.pk))


def test_a_course_that_was_not_sold_is_named(account, operator):
    [seat] = given_pack(account, course_list="FIRE")
    course = CourseFactory(short_name="WATER")

    with pytest.raises(CourseNotAllowed) as refused:
        assign(seat, course, "bob@example.org", operator)

    assert refused.value.course == course
    assert course.name in str(refused.value)


def test_a_seat_is_assignable_until_its_last_moment(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account, valid_until=NOW + days(1))

    assert assign(seat, course, "bob@example.org", operator, now=NOW + days(1) - days(1) / 86_400).is_used


def test_seats_expire_in_their_order_and_no_more_than_asked(account):
    seats = given_pack(account, seats=3, valid_until=NOW + days(1))

    assert expire_seats(now=NOW + days(1), limit=2) == 2

    states = Seat.objects.filter(pk__in=[seat.pk for seat in seats]).order_by("pk").values_list("state", flat=True)
    assert list(states) == ["expired", "expired", "available"]


def test_of_a_released_session_seat_the_place_is_kept_unless_the_person_stays(account, operator):
    course, (bob, carol) = CourseFactory(), UserFactory.create_batch(2)
    made = given_session(course, account, learners=(bob, carol))
    enrol_on_line(line=new_line(account), course=course, user=carol, role=role(), group=None, terms=Terms(), now=NOW)
    of_bob, of_carol = made.batch.seats.order_by("unit_index")

    gone = release_seat(account=account, seat_id=of_bob.pk, actor=operator, now=NOW)
    stays = release_seat(account=account, seat_id=of_carol.pk, actor=operator, now=NOW)

    assert (gone.keeps_place, gone.course) == (True, course)
    assert (stays.keeps_place, stays.course) == (False, course)
    assert list(made.batch.seats.order_by("unit_index").values_list("keeps_place", flat=True)) == [True, False]


def test_nobody_sits_on_two_seats_of_one_session(account):
    bob = UserFactory()
    places = [SessionPlace(index, role=role(), user=bob) for index in range(2)]
    how = {"supervisor_role": None, "terms": Terms(), "operator": None, "sold_at": NOW, "now": NOW}

    with pytest.raises(ValueError, match="two seats of one session"):
        create_session_seats(line=new_line(account), entry=ENTRY, course=CourseFactory(), places=places, **how)

    assert not Seat.objects.exists()


def test_a_session_in_a_course_that_is_over_is_refused_by_name(account):
    course = CourseFactory(last_day=day("2026-03-01"))

    with pytest.raises(CourseOver) as over:
        given_session(course, account, blanks=1)

    assert over.value.course == course
    assert course.name in str(over.value)


def test_a_session_that_held_no_places_needs_free_ones(account):
    with pytest.raises(CourseFull):
        given_session(CourseFactory(capacity=1), account, blanks=2)


def test_a_session_tells_who_was_there_on_this_accounts_ground_and_no_others(account):
    course, (bob, carol, dan) = CourseFactory(), UserFactory.create_batch(3)
    for user, whose in ((bob, account), (carol, CustomerAccountFactory())):
        enrol_on_line(
            line=new_line(whose), course=course, user=user, role=role(), group=None,
            terms=Terms(ends_at=NOW + days(9)), now=NOW,
        )  # fmt: skip

    made = given_session(course, account, learners=(bob, carol, dan))

    assert [(each.user_id, each.until) for each in made.already] == [(bob.pk, NOW + days(9))]

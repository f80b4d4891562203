"""Every column that the life of a seat writes: batch, seat, history, ground, event, hold and group."""

import pytest

from accounts.people.delegation.models import Delegation
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.services import hold_places, release_hold, retake_holds
from enrolments.courses.roles.models import Role
from enrolments.grounds.enrol_line import end_line_grounds, enrol_on_line
from enrolments.grounds.models import EnrolmentEvent, Ground
from enrolments.seats.enter import enter_course
from enrolments.seats.expire import expire_seats
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.release import release_seat
from enrolments.seats.revoke import revoke_seats
from enrolments.values import Terms
from outbox.mails.models import Mail
from tests.enrolments.given import NOW, assign, days, given_pack, given_session, new_line
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory, CourseGroupFactory, role

pytestmark = pytest.mark.django_db
TERMS = Terms(starts_at=NOW + days(1), ends_at=NOW + days(90), duration_days=20)
SEAT = ("batch", "account", "unit_index", "number", "state", "role", "course", "person")
LIFE = ("enrolment", "keeps_place", "assigned_at", "assigned_by", "consumed_at")
MOVE = ("account", "at", "actor", "from_state", "to_state", "reason", "course", "person")
GROUND = ("kind", "account", "order_id", "order_number", "line_id", "unit_index", "seat", "group")
SPAN = ("starts_at", "ends_at", "created_at", "ended_at", "ended_reason")


@pytest.fixture
def account():
    return CustomerAccountFactory()


@pytest.fixture
def operator():
    return UserFactory(email="alice@example.org")


def columns_of(batch):
    columns = (
        "account", "order_id", "order_number", "line_id", "source", "entry_code", "course_list", "course", "group",
        "supervisor_role", "duration_days", "starts_at", "ends_at", "valid_until", "sold_at",
    )  # fmt: skip
    return type(batch).objects.values_list(*columns).get(pk=batch.pk)


def last_move(seat):
    return SeatEvent.objects.filter(seat=seat).order_by("pk").values_list(*MOVE).last()


def test_a_pack_freezes_what_was_sold(account):
    line = new_line(account)

    first, second = given_pack(
        account, seats=2, course_list="FIRE*", terms=TERMS, valid_until=NOW + days(365), line=line
    )

    assert columns_of(first.batch) == (
        account.pk, line.order_id, line.order_number, line.line_id, "pack", "SAFETY", "FIRE*", None, None,
        role(Role.TEACHER).pk, 20, NOW + days(1), NOW + days(90), NOW + days(365), NOW,
    )  # fmt: skip
    assert first.batch.entry_name == {"en": "Safety", "fr": "Sécurité"}
    for number, seat in ((1, first), (2, second)):
        assert [getattr(seat, column) for column in SEAT] == [
            first.batch, account, 0, number, "available", None, None, None,
        ]  # fmt: skip
        assert last_move(seat) == (account.pk, NOW, None, "", "available", "sold", None, None)


def test_a_session_freezes_what_was_sold(account, operator):
    course, bob = CourseFactory(), UserFactory()
    line = new_line(account)

    made = given_session(course, account, learners=(bob,), blanks=1, terms=TERMS, operator=operator, line=line)

    assert columns_of(made.batch) == (
        account.pk, line.order_id, line.order_number, line.line_id, "session", "SAFETY", "", course.pk, made.group.pk,
        role(Role.TEACHER).pk, 20, NOW + days(1), NOW + days(90), None, NOW,
    )  # fmt: skip
    assert made.batch.entry_name == {"en": "Safety", "fr": "Sécurité"}
    declared, blank = made.batch.seats.order_by("unit_index")
    assert [getattr(declared, column) for column in SEAT] == [
        made.batch, account, 0, 1, "assigned", role(), course, bob,
    ]  # fmt: skip
    assert [getattr(declared, column) for column in LIFE] == [bob.enrolments.get(), False, NOW, operator, None]
    assert [getattr(blank, column) for column in SEAT] == [
        made.batch, account, 1, 1, "available", None, course, None,
    ]  # fmt: skip
    assert [getattr(blank, column) for column in LIFE] == [None, True, None, None, None]
    assert last_move(declared) == (account.pk, NOW, operator.pk, "", "assigned", "declared", course.pk, bob.pk)
    assert last_move(blank) == (account.pk, NOW, operator.pk, "", "available", "sold", course.pk, None)
    assert Ground.objects.values_list(*GROUND, *SPAN).get() == (
        "seat", account.pk, line.order_id, line.order_number, line.line_id, 0, declared.pk, made.group.pk,
        NOW + days(1), NOW + days(21), NOW, None, "",
    )  # fmt: skip


def test_an_assignment_writes_seat_grounds_and_events(account, operator):
    course, line = CourseFactory(), new_line(account)
    _first, seat = given_pack(account, seats=2, terms=TERMS, line=line)
    later = NOW + days(2)

    result = assign(seat, course, "bob@example.org", operator, now=later)

    bob = result.user
    assert (result.is_used, result.is_new, result.until) == (True, True, later + days(20))
    seat.refresh_from_db()
    assert [getattr(seat, column) for column in SEAT] == [
        seat.batch, account, 0, 2, "assigned", None, course, bob,
    ]  # fmt: skip
    assert [getattr(seat, column) for column in LIFE] == [bob.enrolments.get(), False, later, operator, None]
    assert last_move(seat) == (account.pk, later, operator.pk, "available", "assigned", "assigned", course.pk, bob.pk)
    group = CourseGroup.objects.get()
    of_seat = (account.pk, line.order_id, line.order_number, line.line_id, 0, seat.pk, group.pk)
    span = (later, later + days(20), later, None, "")
    grounds = Ground.objects.order_by("pk").values_list("enrolment__user", *GROUND, *SPAN)
    assert list(grounds) == [
        (bob.pk, "seat", *of_seat, *span),
        (operator.pk, "supervision", *of_seat, *span),
    ]
    period = {"starts_at": "2026-03-04T09:00:00+00:00", "ends_at": "2026-03-24T09:00:00+00:00"}
    events = EnrolmentEvent.objects.filter(enrolment__user=bob).order_by("pk").values_list("at", "what", "detail")
    assert list(events) == [(later, "opened", period), (later, "group_joined", {"group": group.pk})]
    delegated = Delegation.objects.values_list("account", "operator", "person", "email", "first_name", "last_name")
    assert list(delegated) == [(account.pk, operator.pk, bob.pk, "bob@example.org", "Camille", "Durand")]


def test_the_mail_of_an_assignment_is_the_accounts_and_about_its_order(account, operator):
    course, bob = CourseFactory(place="Lyon"), UserFactory(language="")
    line = new_line(account)
    [seat] = given_pack(account, line=line, terms=Terms(ends_at=NOW + days(9)))

    assign(seat, course, bob.email, operator)

    mail = Mail.objects.get()
    assert (mail.kind, mail.recipient, mail.language) == ("seat_assigned", bob.email, "en")
    assert (mail.account_id, mail.order_id, mail.person_id) == (account.pk, line.order_id, bob.pk)
    assert mail.context == {
        "enter_before": None,
        "course_name": course.name_en,
        "place": "Lyon",
        "starts_at": "2026-03-02T09:00:00Z",
        "ends_at": "2026-03-11T09:00:00Z",
        "told": {str(course.pk): "2026-03-11"},
        "account_name": account.name,
    }


@pytest.mark.parametrize(("said", "kept"), [("", "released"), ("Mistyped", "Mistyped")])
def test_a_release_keeps_who_when_and_why(account, operator, said, kept):
    course = CourseFactory()
    [seat] = given_pack(account)
    bob = assign(seat, course, "bob@example.org", operator).user
    later = NOW + days(3)

    released = release_seat(account=account, seat_id=seat.pk, actor=operator, now=later, reason=said)

    seat.refresh_from_db()
    assert [getattr(seat, column) for column in ("state", "course", "person", *LIFE)] == [
        "available", None, None, None, False, None, None, None,
    ]  # fmt: skip
    assert (released.state, released.course, released.person) == ("available", None, None)
    assert last_move(seat) == (account.pk, later, operator.pk, "assigned", "available", kept, course.pk, bob.pk)
    ended = Ground.objects.order_by("pk").values_list("kind", "ended_at", "ended_reason")
    assert list(ended) == [("seat", later, kept), ("supervision", later, kept)]
    group = CourseGroup.objects.get()
    events = EnrolmentEvent.objects.filter(enrolment__user=bob, at=later).order_by("pk").values_list("what", "detail")
    assert list(events) == [("closed", {}), ("group_left", {"group": group.pk})]


def test_an_entry_keeps_who_and_when(account, operator):
    course = CourseFactory()
    [seat] = given_pack(account)
    bob = assign(seat, course, "bob@example.org", operator).user
    later = NOW + days(3)

    entry = enter_course(user=bob, course=course, now=later)

    seat.refresh_from_db()
    assert (entry.link, entry.consumed) == (course.link, 1)
    assert (seat.state, seat.person, seat.course) == ("consumed", bob, course)
    assert [getattr(seat, column) for column in LIFE] == [bob.enrolments.get(), False, NOW, operator, later]
    assert last_move(seat) == (account.pk, later, bob.pk, "assigned", "consumed", "entered", course.pk, bob.pk)
    assert bob.enrolments.get().first_entered_at == later
    event = EnrolmentEvent.objects.get(what="entered")
    assert (event.enrolment, event.at, event.detail) == (bob.enrolments.get(), later, {})


def test_a_seat_taken_back_keeps_who_when_and_why(account, operator):
    course = CourseFactory()
    used, given, free = given_pack(account, seats=3)
    bob = assign(used, course, "bob@example.org", operator).user
    carol = assign(given, course, "carol@example.org", operator).user
    enter_course(user=bob, course=course, now=NOW + days(1))
    later = NOW + days(3)

    revoke_seats(
        line_id=used.batch.line_id, units=None, actor=operator, reason="Refund", now=later, consumed_too=True
    )  # fmt: skip

    for seat in (used, given, free):
        seat.refresh_from_db()
        assert [getattr(seat, column) for column in ("state", "person", *LIFE)] == [
            "revoked", None, None, False, None, None, None,
        ]  # fmt: skip
    by_operator = (account.pk, later, operator.pk)
    assert last_move(used) == (*by_operator, "consumed", "revoked", "Refund", course.pk, bob.pk)
    assert last_move(given) == (*by_operator, "assigned", "revoked", "Refund", course.pk, carol.pk)
    assert last_move(free) == (*by_operator, "available", "revoked", "Refund", None, None)
    assert set(Ground.objects.values_list("ended_at", "ended_reason")) == {(later, "Refund")}


def test_a_blank_seat_taken_back_gives_up_its_place(account, operator):
    made = given_session(CourseFactory(), account, blanks=1)

    revoke_seats(line_id=made.batch.line_id, units=None, actor=None, reason="Refund", now=NOW)

    seat = made.batch.seats.get()
    assert (seat.state, seat.keeps_place) == ("revoked", False)


def test_an_expired_seat_says_so_in_its_history(account):
    [seat] = given_pack(account, valid_until=NOW + days(30))

    assert expire_seats(now=NOW + days(30)) == 1

    assert last_move(seat) == (account.pk, NOW + days(30), None, "available", "expired", "expired", None, None)


def holds():
    columns = ("course", "account", "order_id", "line_id", "places", "held_at", "released_at")
    return list(PlaceHold.objects.order_by("pk").values_list(*columns))


def test_a_hold_is_a_row_of_its_line_written_anew_each_time(account):
    course, line = CourseFactory(capacity=9), new_line(account)
    row = (course.pk, account.pk, line.order_id, line.line_id)

    hold_places(course=course, line=line, places=2, now=NOW)
    assert holds() == [(*row, 2, NOW, None)]

    release_hold(line_id=line.line_id, now=NOW + days(1))
    assert holds() == [(*row, 2, NOW, NOW + days(1))]

    hold_places(course=course, line=line, places=3, now=NOW + days(2))
    assert holds() == [(*row, 3, NOW + days(2), None)]

    release_hold(line_id=line.line_id, now=NOW + days(3), places=3)
    assert holds() == [(*row, 3, NOW + days(2), NOW + days(3))]

    retake_holds(order_id=line.order_id, now=NOW + days(4))
    assert holds() == [(*row, 3, NOW + days(4), None)]


def test_late_money_takes_again_what_its_own_order_held_alone(account):
    course = CourseFactory()
    mine, other = new_line(account), new_line(account)
    for line in (mine, other):
        hold_places(course=course, line=line, places=1, now=NOW)
        release_hold(line_id=line.line_id, now=NOW)

    retake_holds(order_id=mine.order_id, now=NOW + days(1))

    assert PlaceHold.objects.live().get().line_id == mine.line_id


def test_a_line_that_enrols_is_the_ground_of_its_person(account):
    course, bob, line = CourseFactory(), UserFactory(), new_line(account)
    group = CourseGroupFactory(course=course)

    enrol_on_line(line=line, course=course, user=bob, role=role(), group=group, terms=TERMS, now=NOW, unit_index=4)
    end_line_grounds(line_id=line.line_id, reason="Refund", now=NOW + days(2))

    assert Ground.objects.values_list(*GROUND, *SPAN).get() == (
        "line", account.pk, line.order_id, line.order_number, line.line_id, 4, None, group.pk,
        NOW + days(1), NOW + days(21), NOW, NOW + days(2), "Refund",
    )  # fmt: skip


def test_the_group_of_an_order_follows_its_number_and_is_its_accounts(account):
    course, line = CourseFactory(), new_line(account)
    given_session(course, account, blanks=1, line=line)

    group = CourseGroup.objects.get()
    assert (group.course, group.order_id, group.account, group.name) == (
        course, line.order_id, account, line.order_number,
    )  # fmt: skip

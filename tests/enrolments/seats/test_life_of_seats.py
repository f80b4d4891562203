"""Checkouts, deliveries, operators, learners and refunds in any order, with rules that hold after every step."""

from django.db import transaction
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.members.models import Membership
from common.refusals import Refused
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.places.models import PlaceHold
from enrolments.courses.places.services import CourseFull, hold_places, release_hold, retake_holds, taken
from enrolments.grounds.models import Enrolment, Ground
from enrolments.seats.enter import NotEnrolled, enter_course
from enrolments.seats.give import NothingToGive, give_seats
from enrolments.seats.history.models import SeatEvent
from enrolments.seats.models import Seat
from enrolments.seats.move import move_seats
from enrolments.seats.moves import SeatConsumed
from enrolments.seats.release import release_seat
from enrolments.seats.replace import HasSeatAlready, SeatsRefused, replace_person
from enrolments.seats.revoke import SeatsConsumed, revoke_seats
from tests.enrolments.given import NOW, assign, given_pack, given_session, new_line, typed
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory

CAPACITY = 4

which = st.integers(0, 20)
person = st.integers(0, 3)
account = st.integers(0, 1)


def some(rows):
    """Return the precondition that there are rows to choose from."""
    return precondition(lambda self: rows().exists())


def free_seats():
    return Seat.objects.filter(state="available").order_by("pk")


def assigned_seats():
    return Seat.objects.filter(state="assigned").order_by("pk")


def seats_alive():
    return Seat.objects.exclude(state="revoked").order_by("pk")


class Seats(RuleBasedStateMachine):
    @initialize()
    def start(self):
        self.held = {}  # lines waiting for their money, with the number of their places
        self.ended = {}  # lines whose order ended unpaid
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.course = CourseFactory(capacity=CAPACITY)
        self.people = UserFactory.create_batch(4)
        self.accounts = CustomerAccountFactory.create_batch(2)
        self.operator = UserFactory()

    def pick(self, rows, number):
        rows = list(rows)
        return rows[number % len(rows)] if rows else None

    @precondition(lambda self: len(self.held) < 2)
    @rule(account=account, places=st.integers(1, 3))
    def check_out(self, account, places):
        line = new_line(self.accounts[account])
        fits = taken([self.course.pk])[self.course.pk] + places <= CAPACITY
        try:
            hold_places(course=self.course, line=line, places=places, now=NOW)
        except CourseFull:
            assert not fits
        else:
            assert fits
            self.held[line] = places

    @precondition(lambda self: self.held)
    @rule(number=which)
    def end_unpaid(self, number):
        line = self.pick(self.held, number)
        release_hold(line_id=line.line_id, now=NOW)
        self.ended[line] = self.held.pop(line)

    @precondition(lambda self: self.ended)
    @rule(number=which)
    def money_comes_late(self, number):
        line = self.pick(self.ended, number)
        fits = taken([self.course.pk])[self.course.pk] + self.ended[line] <= CAPACITY
        try:
            retake_holds(order_id=line.order_id, now=NOW)
        except CourseFull:
            assert not fits
        else:
            assert fits
            self.held[line] = self.ended.pop(line)

    @precondition(lambda self: self.held)
    @rule(number=which, declared=st.sets(person, max_size=3))
    def deliver(self, number, declared):
        """Deliver a held line, which always succeeds, even in a full course."""
        line = self.pick(self.held, number)
        places = self.held.pop(line)
        learners = tuple(self.people[each] for each in sorted(declared))[:places]
        owner = next(each for each in self.accounts if each.pk == line.account_id)
        given_session(self.course, owner, learners=learners, blanks=places - len(learners), line=line)

    @precondition(lambda self: free_seats().count() < 3)
    @rule(account=account)
    def buy_a_seat(self, account):
        given_pack(self.accounts[account])

    @some(free_seats)
    @rule(number=which, person=person)
    def assign_a_seat(self, number, person):
        seat = self.pick(free_seats(), number)
        kept_place = seat.keeps_place
        try:
            assign(seat, self.course, self.people[person].email, self.operator)
        except CourseFull:
            assert not kept_place
        except Refused:
            assert seat.batch.source == "session"  # the person sits in it already

    @some(assigned_seats)
    @rule(number=which)
    def release_a_seat(self, number):
        seat = self.pick(Seat.objects.in_use().order_by("pk"), number)
        try:
            release_seat(account=seat.account, seat_id=seat.pk, actor=self.operator, now=NOW)
        except SeatConsumed:
            assert seat.state == "consumed"

    @some(assigned_seats)
    @rule(number=which, person=person)
    def exchange_the_person(self, number, person):
        seat = self.pick(Seat.objects.in_use().order_by("pk"), number)
        roles = {"is_operator": True, "created_at": NOW}
        Membership.objects.get_or_create(account=seat.account, user=self.operator, defaults=roles)
        before = taken([self.course.pk])
        try:
            replace_person(
                account=seat.account,
                seats={seat.pk: None},
                person=typed(self.people[person].email),
                operator=self.operator,
                language="en",
                now=NOW,
            )
        except HasSeatAlready:
            assert seat.person == self.people[person]
        except SeatsRefused:
            assert taken([self.course.pk]) == before
        else:
            assert seat.state == "assigned"

    @some(free_seats)
    @rule(number=which)
    def give_a_seat_away(self, number):
        seat = self.pick(free_seats(), number)
        [other] = [each for each in self.accounts if each != seat.account]
        Membership.objects.get_or_create(account=other, user=self.people[0], defaults={"is_owner": True})
        try:
            give_seats(
                batch_id=seat.batch_id,
                from_account_id=seat.account_id,
                to_account_id=other.pk,
                number=1,
                actor=self.operator,
                reason="",
                now=NOW,
            )
        except NothingToGive:
            assert seat.batch.source == "session"

    @some(assigned_seats)
    @rule(number=which, session=which)
    def move_to_another_session(self, number, session):
        seat = self.pick(assigned_seats(), number)
        group = self.pick(CourseGroup.objects.filter(account=seat.account, session_batches__isnull=False), session)
        roles = {"is_operator": True, "created_at": NOW}
        Membership.objects.get_or_create(account=seat.account, user=self.operator, defaults=roles)
        if group is not None:
            before = taken([self.course.pk])
            moved = move_seats(
                account=seat.account, seats={seat.pk: None}, to=group, actor=self.operator, language="en", now=NOW
            )
            # A seat of a pack brings no place along to the seat taken.
            assert taken([self.course.pk])[self.course.pk] <= before[self.course.pk]
            assert bool(moved.seats) != bool(moved.refused)

    @some(assigned_seats)
    @rule(number=which)
    def enter(self, number):
        user = self.pick(assigned_seats(), number).person
        try:
            enter_course(user=user, course=self.course, now=NOW)
        except NotEnrolled:
            assert not Enrolment.objects.open().filter(user=user).exists()

    @some(seats_alive)
    @rule(number=which, consumed_too=st.booleans())
    def refund(self, number, consumed_too):
        seat = self.pick(seats_alive(), number)
        try:
            revoke_seats(
                line_id=seat.batch.line_id,
                units=[range(seat.unit_index, seat.unit_index + 1)],
                actor=None,
                reason="Refund",
                now=NOW,
                consumed_too=consumed_too,
            )
        except SeatsConsumed:
            assert seat.state == "consumed"
            assert not consumed_too

    @invariant()
    def capacity_is_never_exceeded(self):
        people = {
            enrolment.user_id
            for enrolment in Enrolment.objects.filter(closed_at=None).select_related("role")
            if enrolment.role.kind != "supervisor"
        }
        blanks = sum(seat.keeps_place for seat in Seat.objects.all())
        holds = sum(hold.places for hold in PlaceHold.objects.filter(released_at=None))
        assert holds == sum(self.held.values())
        assert taken([self.course.pk])[self.course.pk] == len(people) + blanks + holds <= CAPACITY

    @invariant()
    def a_seat_in_use_is_one_ground_and_any_other_none(self):
        grounds = {ground.seat_id: ground for ground in Ground.objects.filter(ended_at=None, kind="seat")}
        in_use = {seat.pk: seat for seat in Seat.objects.filter(state__in=("assigned", "consumed"))}
        assert grounds.keys() == in_use.keys()
        for pk, seat in in_use.items():
            assert grounds[pk].enrolment_id == seat.enrolment_id
        supervised = set(Ground.objects.filter(ended_at=None, kind="supervision").values_list("seat", flat=True))
        assert supervised <= in_use.keys()

    @invariant()
    def an_enrolment_is_open_exactly_while_a_ground_carries_it(self):
        carried = set(Ground.objects.filter(ended_at=None).values_list("enrolment", flat=True))
        assert set(Enrolment.objects.filter(closed_at=None).values_list("pk", flat=True)) == carried

    @invariant()
    def the_last_move_of_a_seat_tells_its_state(self):
        told = dict(SeatEvent.objects.order_by("pk").values_list("seat", "to_state"))
        assert dict(Seat.objects.values_list("pk", "state")) == told

    @invariant()
    def a_blank_session_seat_has_its_place_unless_its_person_stayed(self):
        for seat in Seat.objects.filter(state="available", batch__source="session", keeps_place=False):
            left = seat.events.filter(from_state="assigned", to_state="available").last()
            assert left is not None

    def teardown(self):
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)


class SeatsFollowTheirRules(TestCase):
    def test_whatever_happens(self):
        run_state_machine_as_test(
            Seats,
            settings=hypothesis_settings(max_examples=10, stateful_step_count=25, database=None),
        )

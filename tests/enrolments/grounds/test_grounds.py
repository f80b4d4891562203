"""An enrolment stands on its grounds: open exactly while one is live, with the period of all live ones together."""

import datetime

import pytest
from django.db import transaction
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from enrolments.courses.places.services import taken
from enrolments.courses.roles.models import Role
from enrolments.courses.services import find_course
from enrolments.grounds.already import already_enrolled
from enrolments.grounds.ending import end_grounds
from enrolments.grounds.enrol import NewGround, add_grounds
from enrolments.grounds.enrol_line import end_line_grounds, enrol_on_line
from enrolments.grounds.models import Enrolment, EnrolmentEvent, Ground
from enrolments.grounds.support import SupportOutcome, enrol_in_support
from enrolments.values import AlreadyEnrolled, Period, Terms
from tests.enrolments.given import NOW, day, days, live_grounds, new_line
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory, CourseGroupFactory, role


def line_ground(user, account, *, starts=0, ends=None, role_code=Role.STUDENT, group=None):
    line = new_line(account)
    return NewGround(
        user_id=user.pk,
        role_id=role(role_code).pk,
        kind=Ground.Kind.LINE,
        period=Period(NOW + days(starts), None if ends is None else NOW + days(ends)),
        account_id=account.pk,
        order_id=line.order_id,
        line_id=line.line_id,
        group_id=group.pk if group else None,
    )


def events_of(enrolment):
    return list(EnrolmentEvent.objects.filter(enrolment=enrolment).order_by("pk").values_list("what", flat=True))


@pytest.mark.django_db
def test_a_second_ground_extends_and_its_end_shortens_again():
    course, bob, account = CourseFactory(), UserFactory(), CustomerAccountFactory()
    add_grounds(course=course, grounds=[line_ground(bob, account, starts=5, ends=10)], now=NOW)
    longer = line_ground(bob, account, starts=2, ends=30)

    add_grounds(course=course, grounds=[longer], now=NOW)
    enrolment = Enrolment.objects.get()
    assert (enrolment.starts_at, enrolment.ends_at) == (NOW + days(2), NOW + days(30))

    end_line_grounds(line_id=longer.line_id, reason="Refund", now=NOW)
    enrolment.refresh_from_db()
    assert (enrolment.starts_at, enrolment.ends_at, enrolment.closed_at) == (NOW + days(5), NOW + days(10), None)
    assert events_of(enrolment) == ["opened", "changed", "changed"]
    assert Ground.objects.get(line_id=longer.line_id).ended_reason == "Refund"


@pytest.mark.django_db
def test_a_ground_without_end_makes_an_enrolment_without_end():
    course, bob, account = CourseFactory(), UserFactory(), CustomerAccountFactory()

    add_grounds(course=course, grounds=[line_ground(bob, account, ends=10), line_ground(bob, account)], now=NOW)

    assert Enrolment.objects.get().ends_at is None


@pytest.mark.django_db
def test_a_ground_whose_end_has_passed_still_carries_the_enrolment():
    course, bob, account = CourseFactory(), UserFactory(), CustomerAccountFactory()
    old, new = line_ground(bob, account, ends=1), line_ground(bob, account, starts=20, ends=30)
    add_grounds(course=course, grounds=[old, new], now=NOW)

    end_line_grounds(line_id=new.line_id, reason="Refund", now=NOW + days(15))

    enrolment = Enrolment.objects.get()
    assert (enrolment.closed_at, enrolment.ends_at) == (None, NOW + days(1))
    assert taken([course.pk]) == {course.pk: 1}


@pytest.mark.django_db
def test_a_closed_enrolment_stays_closed_and_the_next_ground_opens_another():
    course, bob, account = CourseFactory(), UserFactory(), CustomerAccountFactory()
    first = line_ground(bob, account)
    add_grounds(course=course, grounds=[first], now=NOW)
    end_line_grounds(line_id=first.line_id, reason="Refund", now=NOW + days(1))

    add_grounds(course=course, grounds=[line_ground(bob, account, starts=2)], now=NOW + days(2))

    closed, opened = Enrolment.objects.order_by("pk")
    assert (closed.closed_at, opened.closed_at) == (NOW + days(1), None)
    assert opened.opened_at == NOW + days(2)


@pytest.mark.django_db
def test_one_person_may_stand_in_a_course_in_two_roles():
    course, bob, account = CourseFactory(), UserFactory(), CustomerAccountFactory()
    grounds = [line_ground(bob, account, role_code=code) for code in (Role.STUDENT, Role.TEACHER)]

    add_grounds(course=course, grounds=grounds, now=NOW)

    assert Enrolment.objects.open().filter(user=bob).count() == 2


@pytest.mark.django_db
def test_the_same_ground_twice_is_once():
    course, bob, account = CourseFactory(), UserFactory(), CustomerAccountFactory()
    ground = line_ground(bob, account)

    add_grounds(course=course, grounds=[ground], now=NOW)
    add_grounds(course=course, grounds=[ground], now=NOW + days(1))

    assert Ground.objects.count() == 1
    assert events_of(Enrolment.objects.get()) == ["opened"]


@pytest.mark.django_db
def test_who_is_in_a_group_follows_from_live_grounds():
    course, bob, account = CourseFactory(), UserFactory(), CustomerAccountFactory()
    group = CourseGroupFactory(course=course)
    first, second = (line_ground(bob, account, group=group) for _ in range(2))
    add_grounds(course=course, grounds=[first], now=NOW)
    add_grounds(course=course, grounds=[second], now=NOW)

    end_line_grounds(line_id=first.line_id, reason="Refund", now=NOW)
    assert [ground.group for ground in live_grounds(bob, course)] == [group]
    end_line_grounds(line_id=second.line_id, reason="Refund", now=NOW)

    assert events_of(Enrolment.objects.get()) == ["opened", "group_joined", "closed", "group_left"]


@pytest.mark.django_db
def test_what_stands_on_a_line_ends_by_kind_and_unit():
    course, bob, account = CourseFactory(), UserFactory(), CustomerAccountFactory()
    line = new_line(account)
    how = {"line": line, "course": course, "role": role(), "group": None, "terms": Terms(), "now": NOW}
    enrol_on_line(**how, user=bob, unit_index=1)
    enrol_on_line(**how, user=UserFactory(), unit_index=2)

    assert end_line_grounds(line_id=line.line_id, reason="Refund", now=NOW, kinds=["support"]) == 0
    assert end_line_grounds(line_id=line.line_id, reason="Refund", now=NOW, units=[range(2, 3)]) == 1
    assert [enrolment.user for enrolment in Enrolment.objects.open()] == [bob]


@pytest.mark.django_db
def test_taking_a_course_again_is_one_more_ground_and_tells_of_the_first():
    course, bob, account = CourseFactory(), UserFactory(), CustomerAccountFactory()
    how = {"course": course, "user": bob, "role": role(), "group": None, "now": NOW}
    enrol_on_line(line=new_line(account), terms=Terms(ends_at=NOW + days(10)), **how)

    result = enrol_on_line(line=new_line(account), terms=Terms(ends_at=NOW + days(5)), **how)

    assert result.already == AlreadyEnrolled(bob.pk, NOW + days(10))
    assert len(live_grounds(bob, course)) == 2


@pytest.mark.django_db
def test_already_enrolled_tells_of_this_accounts_learners_that_are_not_over():
    course, account = CourseFactory(), CustomerAccountFactory()
    bob, over, tutor, other, endless = UserFactory.create_batch(5)
    add_grounds(
        course=course,
        grounds=[
            line_ground(bob, account, ends=10),
            line_ground(bob, account, ends=20),
            line_ground(bob, CustomerAccountFactory(), ends=90),
            line_ground(over, account, ends=1),
            line_ground(tutor, account, role_code=Role.TUTOR),
            line_ground(other, CustomerAccountFactory()),
            line_ground(endless, account, ends=5),
            line_ground(endless, account),
        ],
        now=NOW,
    )
    everybody = [user.pk for user in (bob, over, tutor, other, endless)]

    found = already_enrolled(course=course, account_id=account.pk, user_ids=everybody, now=NOW + days(1))

    assert found == {
        bob.pk: AlreadyEnrolled(bob.pk, NOW + days(20)),
        endless.pk: AlreadyEnrolled(endless.pk, None),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        ({}, SupportOutcome.ENROLLED),
        ({"is_visible": False}, SupportOutcome.CLOSED),
        ({"last_day": day("2026-03-01")}, SupportOutcome.CLOSED),
        ({"capacity": 1}, SupportOutcome.FULL),
        ({"capacity": 2}, SupportOutcome.ENROLLED),
    ],
)
def test_the_support_course_never_fails_a_delivery(state, outcome):
    account, operator = CustomerAccountFactory(), UserFactory()
    course = CourseFactory(short_name="HELP", former_names=["SUPPORT"], **state)
    add_grounds(course=course, grounds=[line_ground(UserFactory(), account)], now=NOW)

    result = enrol_in_support(course=find_course("support"), user=operator, line=new_line(account), now=NOW)

    assert result == outcome
    assert Enrolment.objects.filter(user=operator).exists() is (outcome == SupportOutcome.ENROLLED)
    assert bool(result.sales_text) is (outcome != SupportOutcome.ENROLLED)


@pytest.mark.django_db
def test_a_full_support_course_still_takes_who_is_in_it():
    account, operator = CustomerAccountFactory(), UserFactory()
    course = CourseFactory(short_name="HELP", capacity=1)
    add_grounds(course=course, grounds=[line_ground(operator, account)], now=NOW)

    result = enrol_in_support(course=course, user=operator, line=new_line(account), now=NOW)

    assert result == SupportOutcome.ENROLLED
    assert len(live_grounds(operator, course)) == 2


@pytest.mark.django_db
def test_an_unknown_support_course_is_told():
    result = enrol_in_support(course=None, user=UserFactory(), line=new_line(CustomerAccountFactory()), now=NOW)

    assert result == SupportOutcome.UNKNOWN


class Grounds(RuleBasedStateMachine):
    """State machine: grounds come and go in any order, compared with a plain model of the live ones."""

    @initialize()
    def start(self):
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.course = CourseFactory()
        self.people = UserFactory.create_batch(2)
        self.accounts = CustomerAccountFactory.create_batch(2)
        self.groups = CourseGroupFactory.create_batch(2, course=self.course)
        self.live: dict[int, NewGround] = {}

    @rule(
        person=st.integers(0, 1),
        account=st.integers(0, 1),
        group=st.sampled_from([None, 0, 1]),
        code=st.sampled_from([Role.STUDENT, Role.TUTOR, Role.TEACHER]),
        starts=st.integers(0, 5),
        lasts=st.one_of(st.none(), st.integers(1, 9)),
    )
    def add(self, person, account, group, code, starts, lasts):
        ground = line_ground(
            self.people[person],
            self.accounts[account],
            starts=starts,
            ends=None if lasts is None else starts + lasts,
            role_code=code,
            group=None if group is None else self.groups[group],
        )
        add_grounds(course=self.course, grounds=[ground], now=NOW)
        self.live[ground.line_id] = ground

    @rule(which=st.integers(0, 20), again=st.booleans())
    def end(self, which, again):
        if self.live:
            line_id = sorted(self.live)[which % len(self.live)]
            assert end_line_grounds(line_id=line_id, reason="Refund", now=NOW) == 1
            assert not again or end_line_grounds(line_id=line_id, reason="Refund", now=NOW) == 0
            del self.live[line_id]

    @rule()
    def end_everything(self):
        assert end_grounds(grounds=Ground.objects.all(), reason="Over", now=NOW) == len(self.live)
        self.live = {}

    @invariant()
    def enrolments_follow_their_live_grounds(self):
        expected: dict[tuple[int, int], list[Period]] = {}
        for ground in self.live.values():
            expected.setdefault((ground.user_id, ground.role_id), []).append(ground.period)
        found = {
            (enrolment.user_id, enrolment.role_id): (enrolment.starts_at, enrolment.ends_at)
            for enrolment in Enrolment.objects.open().filter(course=self.course)
        }
        assert found == {person: self.span(periods) for person, periods in expected.items()}

    @invariant()
    def places_are_those_of_distinct_learners_and_tutors(self):
        teacher = role(Role.TEACHER).pk
        seated = {ground.user_id for ground in self.live.values() if ground.role_id != teacher}
        assert taken([self.course.pk]) == {self.course.pk: len(seated)}

    @invariant()
    def events_tell_the_same_story(self):
        """Check that the events alone lead to the rows: open enrolments, their periods, members of groups."""
        open_periods: dict[int, tuple[str, str | None]] = {}
        members: set[tuple[int, int]] = set()
        user_of = dict(Enrolment.objects.filter(course=self.course).values_list("pk", "user"))
        for event in EnrolmentEvent.objects.filter(enrolment__course=self.course).order_by("pk"):
            if event.what in ("opened", "changed"):
                open_periods[event.enrolment_id] = (event.detail["starts_at"], event.detail["ends_at"])
            elif event.what == "closed":
                del open_periods[event.enrolment_id]
            elif event.what == "group_joined":
                assert (event.detail["group"], user_of[event.enrolment_id]) not in members
                members.add((event.detail["group"], user_of[event.enrolment_id]))
            else:
                members.remove((event.detail["group"], user_of[event.enrolment_id]))
        rows = Enrolment.objects.open().filter(course=self.course)
        assert open_periods == {
            row.pk: (row.starts_at.isoformat(), row.ends_at.isoformat() if row.ends_at else None) for row in rows
        }
        assert members == {(g.group_id, g.user_id) for g in self.live.values() if g.group_id is not None}

    @staticmethod
    def span(periods: list[Period]) -> tuple[datetime.datetime, datetime.datetime | None]:
        ends = [period.ends_at for period in periods]
        return min(period.starts_at for period in periods), None if None in ends else max(ends)

    def teardown(self):
        if hasattr(self, "savepoint"):
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)


class GroundsFollowTheModel(TestCase):
    def test_whatever_comes_and_goes(self):
        run_state_machine_as_test(
            Grounds,
            settings=hypothesis_settings(max_examples=15, stateful_step_count=12, database=None),
        )

"""Events are written in one place, and beside them the jobs that must follow."""

import contextlib

import pytest
from django.db import transaction

from accounts.members.details import save_profile
from accounts.people.services import PersonTyped, find_or_create_people
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.groups.services import order_group, save_standing_group, standing_group
from enrolments.courses.models import Course
from enrolments.courses.services import save_course
from enrolments.events import services as events_module
from enrolments.events.models import Event
from enrolments.events.services import FOLLOWS
from enrolments.grounds.by_hand import end_by_hand, enrol_by_hand
from enrolments.grounds.models import EnrolmentEvent
from enrolments.seats.assign import assign_seats
from enrolments.seats.placing import SeatWanted
from enrolments.values import Period
from outbox.jobs.models import Job
from outbox.jobs.registry import temporary_job_kind
from outbox.jobs.services import NewJob
from tests.constraints import broken, run
from tests.enrolments.given import NOW, given_pack, new_line, typed
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.enrolments import CourseFactory, role
from tests.rivals.processes import Rival, race

pytestmark = pytest.mark.django_db

PROBE = "probe_event"


def jobs_of(events):
    return [
        NewJob(kind=PROBE, key=f"{PROBE}:{type(each).__name__}:{each.pk}", payload={"event": each.pk})
        for each in events
    ]


@pytest.fixture
def probe():
    """A rule of what follows: a job for each event."""
    with temporary_job_kind(PROBE, lambda job, now: None), FOLLOWS.temporarily(PROBE, jobs_of):
        yield


def followed() -> list[int]:
    return list(Job.objects.filter(kind=PROBE).order_by("pk").values_list("payload__event", flat=True))


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


@pytest.mark.usefixtures("probe")
def test_each_event_of_an_enrolment_has_its_job():
    course, bob = CourseFactory(), UserFactory()
    enrolment = enrol_by_hand(course=course, user=bob, role=role(), period=Period(NOW), now=NOW)
    end_by_hand(enrolment=enrolment, reason="", now=NOW)

    events = EnrolmentEvent.objects.order_by("pk")
    assert list(events.values_list("what", flat=True)) == ["opened", "closed"]
    assert followed() == [event.pk for event in events]


@pytest.mark.usefixtures("probe")
def test_what_is_rolled_back_leaves_neither_event_nor_job():
    with contextlib.suppress(RuntimeError), transaction.atomic():
        enrol_by_hand(course=CourseFactory(), user=UserFactory(), role=role(), period=Period(NOW), now=NOW)
        assert len(followed()) == 1
        raise RuntimeError

    assert (followed(), EnrolmentEvent.objects.count()) == ([], 0)


@pytest.mark.usefixtures("probe")
def test_a_rule_that_breaks_leaves_no_event_either():
    def broken_rule(events):
        raise RuntimeError

    with FOLLOWS.temporarily("broken", broken_rule), pytest.raises(RuntimeError), transaction.atomic():
        enrol_by_hand(course=CourseFactory(), user=UserFactory(), role=role(), period=Period(NOW), now=NOW)

    assert (followed(), EnrolmentEvent.objects.count()) == ([], 0)


@pytest.mark.usefixtures("probe")
def test_jobs_of_many_take_as_many_statements_as_of_few(django_assert_max_num_queries):
    account = CustomerAccountFactory()
    operator = MembershipFactory(account=account, is_operator=True).user
    course = CourseFactory()

    def assign(count, of):
        wanted = [
            SeatWanted(seat_id=seat.pk, course=course, person=typed(f"new{number}@{of}"))
            for number, seat in enumerate(given_pack(account, seats=count))
        ]
        with django_assert_max_num_queries(45) as captured:
            assign_seats(account=account, wanted=wanted, operator=operator, language="en", now=NOW)
        return len(captured)

    assign(1, "zero.example")
    assert assign(2, "two.example") == assign(40, "forty.example")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("probe")
def test_jobs_of_a_person_and_course_are_recorded_in_the_order_of_their_events():
    course, bob = CourseFactory(), UserFactory()
    enrolment = enrol_by_hand(course=course, user=bob, role=role(), period=Period(NOW), now=NOW)

    def end():
        end_by_hand(enrolment=enrolment, reason="", now=NOW)

    def enrol_again():
        enrol_by_hand(course=course, user=bob, role=role("tutor"), period=Period(NOW), now=NOW)

    first, second = race(Rival(end, before=[(events_module, "enqueue_many")]), enrol_again, in_turn=True)

    assert (first.error, second.error, second.kept_away) == ("", "", True)
    events = EnrolmentEvent.objects.order_by("pk")
    assert list(events.values_list("what", flat=True)) == ["opened", "closed", "opened"]
    assert followed() == [event.pk for event in events]


@pytest.mark.usefixtures("probe")
def test_a_course_leaves_events_that_say_what_changed():
    alice = UserFactory()
    course = save_course(course=Course(short_name="ONE", name_en="One", name_fr="Un"), actor=alice)
    save_course(course=course)
    course.short_name, course.capacity, course.is_visible = "TWO", 5, False
    save_course(course=course, actor=alice)

    assert kinds() == ["course_made", "course_changed"]
    changed = Event.objects.last()
    assert (changed.course, changed.actor, changed.group, changed.person) == (course, alice, None, None)
    assert changed.detail == {
        "columns": ["capacity", "is_visible", "short_name"],
        "capacity": [None, 5],
        "is_visible": [True, False],
        "short_name": ["ONE", "TWO"],
    }
    assert followed() == list(Event.objects.order_by("pk").values_list("pk", flat=True))


def test_groups_leave_events_once_made_and_when_renamed():
    course, alice = CourseFactory(), UserFactory()
    line = new_line(CustomerAccountFactory())
    of_order = order_group(course=course, line=line)
    assert order_group(course=course, line=line) == of_order
    mornings = standing_group(course=course, name="Mornings")
    assert standing_group(course=course, name="mornings") == mornings
    evenings = save_standing_group(group=CourseGroup(course=course, name="Evenings"), actor=alice)
    evenings.name = "Nights"
    save_standing_group(group=evenings, actor=alice)
    save_standing_group(group=evenings, actor=alice)

    assert list(Event.objects.order_by("pk").values_list("kind", "course", "group", "actor")) == [
        ("group_made", course.pk, of_order.pk, None),
        ("group_made", course.pk, mornings.pk, None),
        ("group_made", course.pk, evenings.pk, alice.pk),
        ("group_renamed", course.pk, evenings.pk, alice.pk),
    ]
    assert Event.objects.last().detail == {"name": ["Evenings", "Nights"]}


def test_people_leave_events_that_copy_nothing_typed():
    people = [PersonTyped(email="ada@example.org", first_name="Ada"), PersonTyped(email="bob@example.org")]
    UserFactory(email="bob@example.org")
    found = find_or_create_people(people=people, account=None, language="en", now=NOW)
    ada = found["ada@example.org"].user
    for _time in range(2):
        save_profile(user_id=ada.pk, first_name="Ada", last_name="Byron", language="en")

    assert list(Event.objects.order_by("pk").values_list("kind", "person", "actor", "detail")) == [
        ("person_made", ada.pk, None, {}),
        ("person_renamed", ada.pk, ada.pk, {}),
    ]


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'other'",
        "course_id = NULL",
        "person_id = actor_id",
        "kind = 'group_made'",
        "kind = 'person_made'",
        "kind = 'person_made', course_id = NULL, person_id = actor_id, detail = '{\"name\": \"Ada\"}'",
    ],
)
def test_an_event_has_the_shape_of_its_kind(change):
    event = Event.objects.create(kind="course_made", course=CourseFactory(), actor=UserFactory())
    with broken("enrolments_event_shape"):
        run(f"UPDATE enrolments_event SET {change} WHERE id = %s", event.pk)

"""Bounds and refusals of courses, groups and roles."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.groups.services import save_standing_group, standing_group
from enrolments.courses.models import Course, CourseName
from enrolments.courses.places.services import (
    CourseClosed,
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
from enrolments.grounds.by_hand import enrol_by_hand
from enrolments.values import Period
from tests.enrolments.given import NOW, given_pack, given_session, new_line
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

    with pytest.raises(LinkRefused) as no_link:
        save_course(course=CourseFactory.build(link="ftp://x"))
    assert no_link.value.field == "link"
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


@pytest.mark.parametrize("kind", [CourseFull, CourseClosed, CourseOver])
def test_a_refusal_about_a_course_names_it(kind):
    course = CourseFactory.build(name_en="Fire safety")

    refusal = kind(course)

    assert refusal.course is course
    with translation.override("en"):
        assert "Fire safety" in str(refusal)


def test_a_short_name_that_another_merchant_gives_in_the_same_moment_is_refused(monkeypatch):
    """The rival's course is committed after the name was found free, before it is written."""
    rival, save = CourseFactory(short_name="RIVAL"), Course.save

    def overtaken(course, *args, **kwargs):
        save(course, *args, **kwargs)
        CourseName.objects.create(course=rival, name="FIRE")

    monkeypatch.setattr(Course, "save", overtaken)

    with pytest.raises(ShortNameTaken) as refused:
        save_course(course=CourseFactory.build(short_name="FIRE"))

    assert refused.value.short_name == "FIRE"
    assert not Course.objects.filter(short_name="FIRE").exists()

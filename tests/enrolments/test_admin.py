"""Courses, roles, groups, enrolments and seats in the admin."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.groups.services import order_group
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.grounds.by_hand import enrol_by_hand
from enrolments.grounds.enrol_line import enrol_on_line
from enrolments.grounds.models import Enrolment
from enrolments.joining.make import revoke_code
from enrolments.joining.models import JoinLink
from enrolments.values import Period, Terms
from tests.enrolments.given import NOW, assign, given_pack, given_session, new_line
from tests.enrolments.joining.given import code, given_link, joins
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.enrolments import CourseFactory, CourseGroupFactory, RoleFactory, role
from tests.made_from import noted

pytestmark = pytest.mark.django_db


@pytest.fixture
def merchant():
    client = Client(headers={"accept-language": "en"})
    client.force_login(UserFactory(is_staff=True, is_superuser=True, language="en"))
    return client


def change_url(row) -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=[row.pk])


def list_url(model) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")


def form_of(**changes):
    """Return the values of a course's form, as posted by a browser."""
    return {
        "short_name": "SEC-1",
        "is_visible": "on",
        "link": "",
        "enrolment_opens_on": "",
        "enrolment_closes_on": "",
        "first_day": "",
        "last_day": "",
        "capacity": "",
        "group_mode": "none",
        "name_en": "Fire safety",
        "name_fr": "Sécurité incendie",
        "summary_en": "",
        "summary_fr": "",
        "place_en": "",
        "place_fr": "",
        **changes,
    }


def text_of(answer) -> str:
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_course_is_made_with_its_name_remembered(merchant):
    answer = merchant.post(reverse("admin:enrolments_course_add"), form_of())

    assert answer.status_code == 302
    course = Course.objects.get()
    assert (course.short_name, course.name_fr) == ("SEC-1", "Sécurité incendie")
    assert list(course.names.values_list("name", flat=True)) == ["SEC-1"]


def test_a_rename_keeps_the_old_name_and_shows_it(merchant):
    course = CourseFactory(short_name="SEC-1")

    merchant.post(change_url(course), noted(merchant, change_url(course), form_of(short_name="FIRE")))

    assert sorted(course.names.values_list("name", flat=True)) == ["FIRE", "SEC-1"]
    text = text_of(merchant.get(change_url(course)))
    assert "Former short names" in text
    assert "SEC-1" in text


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"short_name": "A*"}, "short_name", "A short name must not contain a comma or any of * % &amp; = /"),
        ({"short_name": "taken"}, "short_name", "Another course has, or had, the short name “taken”."),
        ({"short_name": "OLD"}, "short_name", "Another course has, or had, the short name “OLD”."),
        ({"link": "ftp://learn.example.org/"}, "link", "The link of a course begins with http:// or https://."),
        ({"capacity": "2"}, "capacity", "3 places are taken: the capacity cannot be smaller."),
        ({"capacity": "0"}, "capacity", "3 places are taken: the capacity cannot be smaller."),
        ({"name_fr": ""}, "name_fr", "This field is required."),
        ({"first_day": "2026-03-02", "last_day": "2026-03-01"}, None, "The last day cannot come before the first."),
        (
            {"enrolment_opens_on": "2026-03-02", "enrolment_closes_on": "2026-03-01"},
            None,
            "Enrolment cannot close before it opens.",
        ),
    ],
)
def test_what_cannot_be_is_said_at_the_field(merchant, changes, field, says):
    CourseFactory(short_name="TAKEN", former_names=["OLD"])
    course = CourseFactory(short_name="SEC-1", capacity=5)
    given_session(course, CustomerAccountFactory(), blanks=3)

    answer = merchant.post(change_url(course), noted(merchant, change_url(course), form_of(**changes)))

    assert says in text_of(answer)
    assert set(answer.context["adminform"].form.errors) == {field or "__all__"}
    course.refresh_from_db()
    assert (course.short_name, course.capacity) == ("SEC-1", 5)


@pytest.mark.parametrize("search", ["sec-1", "incendie", "old-name"])
def test_courses_are_searched_by_names_present_and_former(merchant, search):
    CourseFactory(short_name="SEC-1", name_fr="Sécurité incendie", former_names=["OLD-NAME"])
    CourseFactory(short_name="BUR-1")

    answer = merchant.get(list_url(Course), {"q": search})

    assert [course.short_name for course in answer.context["cl"].result_list] == ["SEC-1"]


def test_the_list_shows_places_taken_and_state(merchant):
    course = CourseFactory(short_name="SEC-1", capacity=3)
    given_session(course, CustomerAccountFactory(), blanks=3)
    CourseFactory(short_name="BUR-1", is_visible=False)

    text = text_of(merchant.get(list_url(Course)))

    for words in ("3 of 3", "Full", "Hidden"):
        assert words in text


def test_the_list_takes_as_many_statements_for_many_courses_as_for_few(merchant):
    def statements():
        with CaptureQueriesContext(connection) as captured:
            merchant.get(list_url(Course))
        return len(captured)

    CourseFactory.create_batch(2, capacity=3)
    statements()
    few = statements()
    CourseFactory.create_batch(20, capacity=3)

    assert statements() == few


def test_a_course_is_hidden_not_deleted(merchant):
    course = CourseFactory()

    assert (
        merchant.post(reverse("admin:enrolments_course_delete", args=[course.pk]), {"post": "yes"}).status_code == 403
    )
    assert Course.objects.filter(pk=course.pk).exists()


def test_a_course_shows_who_is_enrolled_and_by_which_purchase(merchant):
    course, account = CourseFactory(), CustomerAccountFactory(name="Ateliers Martin")
    bob, carol, dan = (UserFactory(first_name=name, last_name="Roy") for name in ("Bob", "Carol", "Dan"))
    given_session(course, account, learners=(bob,), line=(session := new_line(account)))
    own = new_line(account)
    enrol_on_line(line=own, course=course, user=carol, role=role(), group=None, terms=Terms(), now=NOW)
    enrol_by_hand(course=course, user=dan, role=role(), period=Period(NOW), now=NOW)

    text = text_of(merchant.get(change_url(course)))

    assert "3 people enrolled, and by which purchase" in text
    for words in (
        "Bob Roy",
        "Carol Roy",
        "Dan Roy",
        session.order_number,
        own.order_number,
        "Ateliers Martin",
        "Merchant",
    ):
        assert words in text


def test_the_people_of_a_large_course_come_in_pages_with_as_many_statements(merchant):
    course, account = CourseFactory(), CustomerAccountFactory()
    given_session(course, account, learners=tuple(UserFactory.create_batch(3)))
    merchant.get(change_url(course))
    with CaptureQueriesContext(connection) as few:
        merchant.get(change_url(course))
    given_session(course, account, learners=tuple(UserFactory.create_batch(57)))

    with CaptureQueriesContext(connection) as many:
        answer = merchant.get(change_url(course))

    assert "Page 1 of 2" in text_of(answer)
    assert len(answer.context["people"]["rows"]) == 50
    assert len(merchant.get(change_url(course), {"people": 2}).context["people"]["rows"]) == 10
    assert len(many) == len(few)


# Roles


def test_a_merchant_adds_and_renames_roles(merchant):
    fields = {"code": "coach", "kind": "supervisor", "name_en": "Coach", "name_fr": "Coach"}

    assert merchant.post(reverse("admin:enrolments_role_add"), fields).status_code == 302
    coach = role("coach")
    merchant.post(change_url(coach), noted(merchant, change_url(coach), fields | {"name_fr": "Accompagnant"}))

    coach.refresh_from_db()
    assert coach.name_fr == "Accompagnant"


def test_code_and_kind_of_a_standing_role_stay(merchant):
    student = role(Role.STUDENT)

    merchant.post(
        change_url(student),
        noted(
            merchant,
            change_url(student),
            {"code": "pupil", "kind": "supervisor", "name_en": "Pupil", "name_fr": "Élève"},
        ),
    )

    student.refresh_from_db()
    assert (student.code, student.kind, student.name_en) == ("student", "learner", "Pupil")
    delete = reverse("admin:enrolments_role_delete", args=[student.pk])
    assert merchant.post(delete, {"post": "yes"}).status_code == 403


def test_a_role_somebody_has_keeps_its_kind(merchant):
    coach = RoleFactory(kind=Role.Kind.SUPERVISOR)
    enrol_by_hand(course=CourseFactory(), user=UserFactory(), role=coach, period=Period(NOW), now=NOW)

    merchant.post(
        change_url(coach),
        noted(merchant, change_url(coach), {"code": coach.code, "kind": "learner", "name_en": "C", "name_fr": "C"}),
    )

    coach.refresh_from_db()
    assert coach.kind == Role.Kind.SUPERVISOR


# Groups


def test_standing_groups_are_made_and_renamed(merchant):
    course = CourseFactory()

    answer = merchant.post(reverse("admin:enrolments_coursegroup_add"), {"course": course.pk, "name": " Mornings "})
    assert answer.status_code == 302
    group = CourseGroup.objects.get()
    merchant.post(change_url(group), noted(merchant, change_url(group), {"name": "Afternoons"}))

    group.refresh_from_db()
    assert (group.course, group.name) == (course, "Afternoons")


@pytest.mark.parametrize("key", ["%", "a\0", "9" * 30, "9" * 5000, "1"], ids=range(5))
@pytest.mark.parametrize("how", ["get", "post"])
def test_what_can_be_no_key_of_a_course_chooses_none(merchant, how, key):
    answer = getattr(merchant, how)(reverse("admin:enrolments_coursegroup_add"), {"course": key, "name": "Mornings"})

    assert answer.status_code == 200
    assert not CourseGroup.objects.exists()


def test_a_second_group_of_a_name_is_refused_at_the_form(merchant):
    group = CourseGroupFactory(name="Mornings")

    answer = merchant.post(reverse("admin:enrolments_coursegroup_add"), {"course": group.course.pk, "name": "MORNINGS"})

    assert "This course has a group of that name." in text_of(answer)
    other = CourseGroupFactory(course=group.course, name="Evenings")
    assert "This course has a group of that name." in text_of(
        merchant.post(change_url(other), noted(merchant, change_url(other), {"name": "mornings"}))
    )


def test_a_group_of_an_order_is_only_looked_at(merchant):
    group = order_group(course=CourseFactory(), line=new_line(CustomerAccountFactory()))

    assert group.name in text_of(merchant.get(change_url(group)))
    assert merchant.post(change_url(group), {"name": "Other"}).status_code == 403


# Enrolments and seats


@pytest.fixture
def assigned():
    [seat] = given_pack(CustomerAccountFactory(name="Ateliers Martin"))
    assign(seat, CourseFactory(short_name="SEC-1"), "bob@example.org", UserFactory(first_name="Alice"))
    seat.refresh_from_db()
    return seat


def test_a_seat_is_shown_with_its_history(merchant, assigned):
    text = text_of(merchant.get(change_url(assigned)))

    for words in ("Sold", "Assigned", "bob@example.org", "SEC-1", assigned.batch.order_number, "Ateliers Martin"):
        assert words in text


def test_an_enrolment_is_shown_with_grounds_and_events(merchant, assigned):
    text = text_of(merchant.get(change_url(assigned.enrolment)))

    for words in ("Opened", "Joined a group", assigned.batch.order_number, "Ateliers Martin"):
        assert words in text


def test_nothing_of_it_is_changed_by_hand(merchant, assigned):
    link = given_link(given_pack(assigned.account)[0].batch, UserFactory(), course=assigned.course)
    for row in (assigned, assigned.batch, assigned.enrolment, link):
        assert merchant.get(list_url(type(row))).status_code == 200
        assert merchant.post(change_url(row), {"state": "available"}).status_code == 403
        assert merchant.post(change_url(row).replace("change", "delete"), {"post": "yes"}).status_code == 403
        assert merchant.get(list_url(type(row)) + "add/").status_code == 403


@pytest.mark.parametrize("search", ["A-", "Martin", "bob@example", "SEC-1"])
def test_seats_are_found_by_order_account_person_and_course(merchant, assigned, search):
    answer = merchant.get(list_url(type(assigned)), {"q": search})

    assert list(answer.context["cl"].result_list) == [assigned]


def test_enrolments_are_filtered_by_where_they_stand(merchant, assigned):
    found = {
        stage: len(merchant.get(list_url(Enrolment), {"stage": stage}).context["cl"].result_list)
        for stage in ("running", "ahead", "over", "closed")
    }

    assert found == {"running": 2, "ahead": 0, "over": 0, "closed": 0}


def test_staff_without_permissions_sees_none_of_it(assigned):
    client = Client()
    client.force_login(UserFactory(is_staff=True))

    for row in (assigned, assigned.course, assigned.enrolment, role()):
        assert client.get(change_url(row)).status_code == 403


@pytest.fixture
def codes():
    """Return two printed codes, the first used, the second withdrawn."""
    batch = given_pack(CustomerAccountFactory(name="Ateliers Martin"), seats=2)[0].batch
    link = given_link(batch, UserFactory(), course=CourseFactory(short_name="SEC-1"), places=2, has_codes=True)
    joins(code(link, 1), "ada@example.org")
    revoke_code(link=link, number=2, actor=UserFactory(first_name="Olga"), now=NOW)
    return link


def test_a_join_link_is_shown_with_who_joined_and_what_was_withdrawn_and_without_its_codes(merchant, codes):
    text = text_of(merchant.get(change_url(codes)))

    for words in ("ada@example.org", "SEC-1", codes.batch.order_number, "Ateliers Martin", "1 / 2", "Olga"):
        assert words in text
    for number in (1, 2):
        assert code(codes, number) not in text
    assert codes.nonce not in text


def test_join_links_are_found_by_account_and_order_in_as_many_statements_for_many(merchant, codes):
    def statements(search):
        with CaptureQueriesContext(connection) as asked:
            found = merchant.get(list_url(JoinLink), {"q": search}).context["cl"].result_list
        return len(asked), len(found)

    statements("Martin")
    few, _found = statements("Martin")
    batch = given_pack(codes.account, seats=5)[0].batch
    for _number in range(5):
        given_link(batch, UserFactory(), course=CourseFactory())
    assert statements("Martin") == (few, 6)
    assert statements(codes.batch.order_number)[1] == 1

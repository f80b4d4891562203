"""Lists of people in the admin: read with their counts and rows, and changed by nobody there."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from enrolments.lists.models import PeopleList
from tests.enrolments.given import given_pack, given_session
from tests.enrolments.lists.given import given_list, many, people, place
from tests.factories.accounts import MembershipFactory
from tests.factories.enrolments import CourseFactory
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator():
    return MembershipFactory(is_operator=True)


@pytest.fixture
def merchant():
    return browser_of(staff("enrolments.view_peoplelist"))


def page_of(people_list):
    return reverse("admin:enrolments_peoplelist_change", args=[people_list.pk])


def test_a_list_is_read_with_its_state_its_counts_and_its_rows(merchant, operator):
    given_pack(operator.account, seats=4)
    rows = people("ada@example.org", "no address", "bob@example.org")
    done = place(given_list(operator.account, operator.user, rows, CourseFactory()), "valid")

    answer = merchant.get(page_of(done))
    [listed] = merchant.get(reverse("admin:enrolments_peoplelist_changelist")).context["cl"].result_list

    counts = answer.context["counts"]
    assert (counts.total, counts.placed, counts.wrong) == (3, 2, 1)
    assert (listed.people, listed.placed, listed.state) == (3, 2, "done")
    content = answer.content.decode()
    for text in ("ada@example.org", "no address", "No valid e-mail address", operator.user.email, "SAFETY"):
        assert text in content
    # Whoever may not see seats gets their number alone.
    assert f"#{done.rows.get(line=2).seat_id}" in content
    assert "/admin/enrolments/seat/" not in content


def test_the_list_of_a_session_names_it(merchant, operator):
    session = given_session(CourseFactory(), operator.account, blanks=1)
    draft = given_list(operator.account, operator.user, people("ada@example.org"), group=session.group)

    assert f"Session {session.group.name}" in merchant.get(page_of(draft)).content.decode()


def test_many_rows_are_read_page_by_page(merchant, operator):
    given_pack(operator.account, seats=1)
    draft = given_list(operator.account, operator.user, many(230), CourseFactory())

    first = merchant.get(page_of(draft))
    second = merchant.get(f"{page_of(draft)}?after={first.context['next']}")

    assert [len(first.context["rows"]), len(second.context["rows"])] == [200, 30]
    assert second.context["next"] is None


def test_takes_as_many_queries_for_many_lists(merchant, operator):
    given_pack(operator.account, seats=1)
    course = CourseFactory()
    spent = []
    for number in range(1, 8):
        given_list(operator.account, operator.user, people(f"p{number}@example.org"), course)
        if number in (2, 7):
            with CaptureQueriesContext(connection) as queries:
                merchant.get(reverse("admin:enrolments_peoplelist_changelist"))
            spent.append(len(queries))
    assert spent[0] == spent[1]


def test_nothing_is_added_changed_or_deleted(merchant, operator):
    given_pack(operator.account, seats=1)
    draft = given_list(operator.account, operator.user, people("ada@example.org"), CourseFactory())

    answers = [
        merchant.post(page_of(draft), {"state": "done"}),
        merchant.post(reverse("admin:enrolments_peoplelist_delete", args=[draft.pk]), {"post": "yes"}),
        merchant.get(reverse("admin:enrolments_peoplelist_add")),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert PeopleList.objects.get().state == "draft"
    assert browser_of(staff("enrolments.view_seat")).get(page_of(draft)).status_code == 403

"""Obstacles to a sale are told to the merchant: in the list, by a filter and on the entry's page."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models.entries import Entry
from enrolments.courses.models import Course
from tests.catalog.admin_pages import ADD, change_url, merchant, typed
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.shop.admin_pages import text_of

pytestmark = pytest.mark.django_db

LIST = "/admin/catalog/entry/"


@pytest.fixture
def hidden() -> Entry:
    course = CourseFactory(short_name="SEC-1", is_visible=False)
    return EntryFactory(
        code="HIDDEN", handler="std_setuponecoursesession", parameters={"coursename": course.short_name}
    )


def codes(response) -> list[str]:
    return [entry.code for entry in response.context["cl"].result_list]


def test_the_list_says_why_and_finds_them(hidden):
    EntryFactory(code="FINE")
    EntryFactory(code="DRAFT", state="draft", handler="ext_gone")
    client = merchant()

    page = client.get(LIST)
    assert {entry.code: entry.obstacle and entry.obstacle.code for entry in page.context["cl"].result_list} == {
        "HIDDEN": "course_hidden",
        "FINE": None,
        "DRAFT": None,
    }
    assert "Course hidden" in text_of(page)
    assert codes(client.get(f"{LIST}?sale=not_now")) == ["HIDDEN"]

    Course.objects.update(is_visible=True)
    assert codes(client.get(f"{LIST}?sale=not_now")) == []


def test_the_list_takes_as_many_queries_for_many_entries(hidden):
    client = merchant()
    client.get(LIST)
    with CaptureQueriesContext(connection) as few:
        client.get(LIST)
    for _number in range(10):
        course = CourseFactory(capacity=1)
        EntryFactory(handler="std_enroloncourse", parameters={"coursename": course.short_name})
    with CaptureQueriesContext(connection) as many:
        client.get(LIST)
    assert len(many) == len(few)


def test_the_page_says_what_customers_read_why_and_where_it_is_mended(hidden):
    client = merchant()
    page = client.get(change_url(hidden))
    assert "Nobody can buy this entry at the moment." in text_of(page)
    assert "Customers read: “This cannot be bought at the moment.”" in text_of(page)
    assert text_of(page).count("Customers read") == 1
    assert "is hidden, or enrolment is not open today" in text_of(page)
    assert f"/admin/enrolments/course/{Course.objects.get().pk}/change/" in page.content.decode()

    Course.objects.update(is_visible=True)
    assert "Nobody can buy" not in text_of(client.get(change_url(hidden)))
    Course.objects.update(is_visible=False)
    Entry.objects.update(state="suspended")
    assert "Nobody can buy" not in text_of(client.get(change_url(hidden)))


def test_the_page_links_to_no_course_that_its_reader_may_not_see(hidden):
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename="view_entry"))
    client = Client(headers={"accept-language": "en"})
    client.force_login(clerk)
    page = client.get(change_url(hidden)).content.decode()
    assert "Nobody can buy this entry" in page
    assert "/admin/enrolments/course/" not in page


def test_an_entry_is_checked_with_the_prices_saved_beside_it():
    merchant().post(ADD, typed(), follow=True)
    entry = Entry.objects.get()
    assert (entry.faults, entry.checked_at is not None) == ([], True)

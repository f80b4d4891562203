"""Courses and roles are chosen among the existing ones; a stored value stays, known or not."""

import re

import pytest
from django.contrib.auth.models import Permission

from tests.catalog.admin_pages import change_url, merchant
from tests.catalog.every_field import entry_with
from tests.factories.accounts import UserFactory
from tests.factories.enrolments import CourseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_field")]


def test_the_course_chooser_finds_courses_page_by_page():
    CourseFactory(short_name="ELEC-01", name_fr="Habilitation électrique", name_en="Electrical work")
    for number in range(25):
        CourseFactory(short_name=f"SEC-{number:02}")
    client = merchant("fr")

    found = client.get("/admin/catalog/entry/course-choices/", {"term": "electrique hab"}).json()
    first = client.get("/admin/catalog/entry/course-choices/", {"term": "sec-"}).json()
    second = client.get("/admin/catalog/entry/course-choices/", {"term": "sec-", "page": "2"}).json()
    pattern = client.get("/admin/catalog/entry/course-choices/", {"term": "SEC-0*", "patterns": "1"}).json()

    assert found == {
        "results": [{"id": "ELEC-01", "text": "ELEC-01 – Habilitation électrique"}],
        "pagination": {"more": False},
    }
    assert (len(first["results"]), first["pagination"]["more"]) == (20, True)
    assert (len(second["results"]), second["pagination"]["more"]) == (5, False)
    assert pattern["results"][0]["id"] == "SEC-0*"
    assert "10" in pattern["results"][0]["text"]


@pytest.mark.parametrize(
    "query", ["term=%00", "term=%25", "page=0", "page=-1", "page=x", "page=99999999999", "patterns=1&term=*%00", ""]
)
def test_the_course_chooser_answers_whatever_is_asked(query):
    assert merchant().get(f"/admin/catalog/entry/course-choices/?{query}").status_code == 200


def test_the_course_chooser_is_for_those_who_write_entries(client):
    assert client.get("/admin/catalog/entry/course-choices/").status_code == 302
    client.force_login(UserFactory())
    assert client.get("/admin/catalog/entry/course-choices/").status_code == 302
    viewer = UserFactory(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_entry"))
    client.force_login(viewer)
    assert client.get("/admin/catalog/entry/course-choices/").status_code == 403
    viewer.user_permissions.add(Permission.objects.get(codename="change_entry"))
    assert client.get("/admin/catalog/entry/course-choices/").status_code == 200


def test_a_role_that_does_not_exist_stays_and_is_marked():
    page = merchant().get(change_url(entry_with(role="coach"))).content.decode()

    assert re.search(r'<option value="coach" selected>\s*coach \(no such role\)', page)

"""The sidebar and the start page of the admin."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.urls import reverse

from project.admin.navigation import GROUPS, sidebar
from tests.catalog.admin_pages import change_url, merchant
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory

pytestmark = pytest.mark.django_db


def links(rf, user) -> list[str]:
    request = rf.get("/admin/")
    request.user = user
    return [item["link"] for group in sidebar(request) for item in group["items"]]


def test_whoever_may_do_everything_finds_every_page_once(rf):
    found = links(rf, UserFactory(is_staff=True, is_superuser=True))

    pages = {
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model, model_admin in admin.site._registry.items()
        if model_admin.has_view_permission(type("Request", (), {"user": UserFactory(is_superuser=True)})())
    }
    assert len(found) == len(set(found))
    assert set(found) == {"/admin/", *pages}


def test_the_sidebar_shows_what_a_person_may_see(rf):
    person = UserFactory(is_staff=True)
    assert links(rf, person) == ["/admin/"]

    person = UserFactory(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_entry"))
    assert links(rf, person) == ["/admin/", "/admin/catalog/entry/"]


def test_every_model_of_a_group_exists():
    from django.apps import apps

    for group in GROUPS:
        for label in group.models:
            assert apps.get_model(label)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_start_page_leads_everywhere(language):
    page = merchant(language).get("/admin/").content.decode()

    for address in ("/admin/catalog/entry/", "/admin/shop/order/", "/admin/accounts/user/"):
        assert page.count(f'href="{address}"') == 1  # at the side, and not once more


def test_no_page_of_ours_carries_an_inline_script():
    client = merchant()
    entry = EntryFactory()

    for address in ("/admin/", "/admin/catalog/entry/", change_url(entry), "/admin/catalog/category/add/"):
        page = client.get(address).content.decode()
        scripts = [part for part in page.split("<script")[1:] if not part.split(">")[0].strip()]
        assert scripts == []
        assert " onclick=" not in page


def test_a_draft_is_viewed_on_the_site_by_staff(client):
    entry = EntryFactory(code="Draft-1", state="draft")
    staff = merchant()

    page = staff.get(change_url(entry)).content.decode()

    assert 'href="/e/Draft-1/"' in page
    assert staff.get("/e/Draft-1/").status_code == 200
    assert client.get("/e/Draft-1/").status_code == 404

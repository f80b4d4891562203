"""Frame of the administration's pages: parts that are kept, and parts that are made only where they show."""

from unittest.mock import patch

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.template import engines
from django.test import Client, RequestFactory
from unfold.templatetags.unfold import RenderComponentNode

from common.templatetags import kept_rows
from project.patches import components
from tests.catalog.admin_pages import merchant
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/tax/"


@pytest.fixture(autouse=True)
def nothing_kept():
    with patch.dict(kept_rows._kept, clear=True):
        yield


def page(client, address=LIST):
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def clerk(*rights):
    person, client = UserFactory(is_staff=True), Client(headers={"accept-language": "en"})
    person.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(person)
    return client


def test_a_clerk_sees_their_own_sidebar_after_a_merchant_saw_all():
    assert 'href="/admin/shop/order/"' in page(merchant())

    shown = page(clerk("view_tax", "view_entry"))

    assert 'href="/admin/catalog/entry/"' in shown
    assert 'href="/admin/shop/order/"' not in shown


def test_a_right_that_is_given_or_taken_shows_on_the_next_page():
    client = clerk("view_tax")
    person = client.get(LIST).context["user"]
    assert 'href="/admin/catalog/entry/"' not in page(client)

    person.user_permissions.add(Permission.objects.get(codename="view_entry"))
    assert 'href="/admin/catalog/entry/"' in page(client)

    person.user_permissions.remove(Permission.objects.get(codename="view_entry"))
    assert 'href="/admin/catalog/entry/"' not in page(client)


def test_the_sidebar_tells_the_page_that_is_open_in_the_readers_language():
    client = merchant()
    assert "Catalogue" in page(client)
    assert "Boutique" in page(merchant("fr"))
    assert page(client, "/admin/catalog/entry/") != page(client)
    opened = page(client).partition(f'href="{LIST}"')[2][:400]
    assert " active" in opened


def test_the_list_of_all_pages_is_asked_for_only_where_it_shows():
    with patch.object(type(admin.site), "_build_app_dict", side_effect=AssertionError):
        page(merchant())
    assert admin.site.get_app_list(_request())[0]["models"]


def _request():
    request = RequestFactory().get("/admin/")
    request.user = UserFactory(is_staff=True, is_superuser=True)
    return request


BUTTONS = (
    'submit=1 form=name|add:"_form" name="_save" class="w" %} Save',
    'href=link icon="add" variant="default" %}{{ label }}',
    'variant="danger" attrs=attrs size="lg" %}',
)


@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_is_written_as_by_unfold(button):
    template = engines["django"].from_string(
        f'{{% load unfold %}}{{% component "unfold/components/button.html" with {button}{{% endcomponent %}}'
    )
    values = {"name": "entry", "link": "/a?b&c", "label": "<Order>", "attrs": {"disabled": True, "data-x": "'"}}
    with patch.object(RenderComponentNode, "render", components._with_all_of_the_page):
        unfolds = template.render(dict(values), _request())

    assert template.render(dict(values), _request()) == unfolds

"""Lists of the administration are narrowed, sorted and searched by what their pages declare, and by no secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Field, ForeignKey, Model
from django.urls import reverse

from common.admin.pages import SECRETS, OnlyDeclared, Page, names_secret
from common.admin.single_row import SingleRowAdmin
from tests.matrix.urlconf import page_name, registered_models
from tests.shop.merchants import browser_of, client, merchant, staff  # noqa: F401  fixtures

pytestmark = pytest.mark.django_db

MODELS = sorted(registered_models())
SOUNDS_SECRET = re.compile(r"pass|token|secret|nonce|hash|session|payload|answers|^data$|^context$|visitor_key")
# Hashes of nothing secret, and a mark that there was a secret.
HARMLESS = {"sent_by", "has_secret", "fingerprint"}


def page_of(label: str) -> Page:
    return admin.site.get_model_admin(registered_models()[label])


def paths(model: type[Model], depth: int = 3, seen: tuple[type[Model], ...] = ()) -> Iterator[str]:
    """Yield the paths to every column of a model and, over its relations in both directions, of others."""
    for field in model._meta.get_fields():
        if isinstance(field, Field):
            yield field.name
        other = field.related_model
        if depth > 1 and field.is_relation and isinstance(other, type) and other not in (*seen, model):
            yield from (f"{field.name}__{path}" for path in paths(other, depth - 1, (*seen, model)))


def parts_of(page: Page) -> list[OnlyDeclared]:
    return [page, *(inline(page.model, admin.site) for inline in page.inlines)]


@pytest.mark.parametrize("label", MODELS)
def test_every_page_and_its_rows_have_the_root(label):
    for part in parts_of(page_of(label)):
        assert isinstance(part, OnlyDeclared), part


def test_every_column_that_sounds_secret_is_known_as_one():
    sounding = {
        field.name
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if SOUNDS_SECRET.search(field.name)
    }

    assert sounding - SECRETS - HARMLESS == set()


@pytest.mark.parametrize("label", MODELS)
def test_no_path_to_a_secret_and_none_that_is_not_declared_is_looked_up(label, rf):
    page, request = page_of(label), rf.get("/")
    for path in set(paths(page.model)):
        for lookup in ("", "__startswith", "__gt", "__exact", "__regex", "__isnull"):
            if page.lookup_allowed(path + lookup, "x", request):
                assert not names_secret(path), path
                assert path.removesuffix("__id") in filtered(page) or path + lookup in page.linked_lookups, (
                    path + lookup
                )
                assert lookup not in ("__startswith", "__regex"), path + lookup


def filtered(page: Page) -> set[str]:
    return {
        each if isinstance(each, str) else each[0] if isinstance(each, tuple) else each.parameter_name
        for each in page.list_filter
    }


@pytest.mark.parametrize("label", MODELS)
def test_the_page_answers_400_to_an_undeclared_look_up(client, label):  # noqa: F811
    url = reverse(page_name(label, "list"))
    if isinstance(page_of(label), SingleRowAdmin):
        return  # leads to the one row
    for name in ("password__startswith", "token__startswith", "account__members__user__password__startswith", "pk__in"):
        answer = client.get(f"{url}?{urlencode({name: 'a'})}")
        assert answer.status_code == 400, name
        assert b"Traceback" not in answer.content


def test_the_superusers_password_is_not_read_letter_by_letter():
    clerk = browser_of(staff("accounts.view_user"))
    url = reverse("admin:accounts_user_changelist")

    for typed in (
        {"email__exact": "boss@example.org", "password__startswith": "p"},
        {"password__gt": "p"},
        {"memberships__user__password__startswith": "p"},
        {"emailaddress__emailconfirmation__key__startswith": "p"},
        {"authenticator__data__contains": "p"},
    ):
        assert clerk.get(f"{url}?{urlencode(typed)}").status_code == 400, typed


@pytest.mark.parametrize("label", MODELS)
def test_nothing_declared_names_a_secret(label, rf, admin_user):
    request = rf.get("/")
    request.user = admin_user
    page = page_of(label)
    for part in parts_of(page):
        declared = [*(part.get_ordering(request) or ()), *part.get_autocomplete_fields(request)]
        if part is page:
            declared += [*page.get_search_fields(request), *filtered(page), *page.linked_lookups]
            declared += [page.date_hierarchy or "", *sorted_by(page, request)]
            declared += [each for each in page.get_list_display(request) if isinstance(each, str)]
        for path in declared:
            assert not names_secret(str(path)), path


def sorted_by(page: Page, request) -> list[str]:
    """Return the columns that `?o=` sorts by."""
    found = []
    for name in page.get_list_display(request):
        order = getattr(getattr(page, name, None), "admin_order_field", name) if isinstance(name, str) else ""
        found += list(order) if isinstance(order, list | tuple) else [order]
    return [str(each) for each in found if each]


@pytest.mark.parametrize("label", MODELS)
def test_sorting_by_a_name_or_beyond_the_columns_is_ignored(client, label):  # noqa: F811
    url = reverse(page_name(label, "list"))
    for order in ("password", "-token", "99", "-99", "0.password", "account__token"):
        assert client.get(url, {"o": order}).status_code in (200, 302), order


@pytest.mark.parametrize("label", MODELS)
def test_rows_are_opened_by_their_key_alone(client, label):  # noqa: F811
    row = registered_models()[label]
    for field in row._meta.concrete_fields:
        if names_secret(field.name):
            url = reverse(page_name(label, "list"))
            if not isinstance(page_of(label), SingleRowAdmin):
                assert client.get(url, {"_to_field": field.name}).status_code == 400


def test_fields_that_look_rows_up_are_those_declared(client):  # noqa: F811
    declared = {("enrolments", "coursegroup", "course"), ("accounts", "membership", "user")}
    declared |= {("enrolments", "seat", "course"), ("enrolments", "enrolment", "course")}
    declared |= {("enrolments", "joinlink", "course"), ("enrolments", "waitingplace", "course")}
    declared |= {("shop", "order", "account"), ("shop", "cartline", "entry")}  # orders by telephone
    answered = set()
    for model in apps.get_models():
        for field in model._meta.get_fields():
            if isinstance(field, ForeignKey):
                asked = {"app_label": model._meta.app_label, "model_name": model._meta.model_name}
                answer = client.get(reverse("admin:autocomplete"), {**asked, "field_name": field.name, "term": "a"})
                assert answer.status_code in (200, 403, 404)
                if answer.status_code == 200:
                    answered.add((*asked.values(), field.name))

    assert answered == declared

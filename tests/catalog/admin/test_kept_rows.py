"""Rows of fields that are the same for every entry are rendered once, and nobody sees it."""

from unittest.mock import patch

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from catalog.models.entries import Entry
from common.templatetags import kept_rows
from tests.catalog.admin_pages import ADD, change_url, controls, merchant, shown, typed
from tests.catalog.every_field import CFG, entry_with
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory, TaxFactory
from tests.factories.enrolments import RoleFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_field")]


@pytest.fixture(autouse=True)
def nothing_kept():
    with patch.dict(kept_rows._kept, clear=True):
        yield


def page(client, entry):
    return client.get(change_url(entry)).content.decode()


def rows_of_handlers():
    return {key: row for key, row in kept_rows._kept.items() if 'name="cfg_' in row}


def test_rows_of_handlers_that_are_not_chosen_are_rendered_once():
    client, entry = merchant(), EntryFactory()
    page(client, entry)
    kept = rows_of_handlers()
    assert [row for row in kept.values() if f'name="{CFG}packsize"' in row]

    page(client, EntryFactory())

    assert rows_of_handlers() == kept


def test_a_page_shown_again_renders_no_row_of_choices_or_numbers_anew():
    client, entry = merchant(), EntryFactory()
    page(client, entry)
    kept = dict(kept_rows._kept)

    assert page(client, entry)
    assert kept_rows._kept == kept
    for name in ("state", "category", "tax", "min_quantity", "audience", "handler"):
        assert [row for row in kept.values() if f'name="{name}"' in row], name


def test_a_kept_row_gives_way_as_soon_as_its_choices_change():
    client, entry = merchant(), EntryFactory()
    page(client, entry)

    RoleFactory(code="auditor", name_en="Auditor", name_fr="Auditeur")
    TaxFactory(name_en="Reduced", name_fr="Réduite", rate="5.50")

    shown_now = page(client, entry)
    assert shown_now.count("(auditor)") >= 1
    assert "Reduced" in shown_now


def test_a_kept_row_gives_way_as_soon_as_its_value_changes():
    client, entry = merchant(), EntryFactory(min_quantity=1)
    page(client, entry)

    Entry.objects.filter(pk=entry.pk).update(min_quantity=3)

    assert shown(client, entry)["min_quantity"] == "3"


def test_texts_of_an_entry_are_rendered_each_time_and_never_kept():
    client, entry = merchant(), EntryFactory(name_en="A name of its own", summary_en="A summary of its own")
    page(client, entry)

    assert "A name of its own" in page(client, entry)
    assert not [row for row in kept_rows._kept.values() if "of its own" in row]


def test_who_may_not_add_a_tax_is_offered_no_link_to_it_by_a_kept_row():
    entry = EntryFactory()
    assert 'id="add_id_tax"' in page(merchant(), entry)
    clerk, client = UserFactory(is_staff=True), Client(headers={"accept-language": "en"})
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["view_entry", "change_entry", "view_tax"]))
    client.force_login(clerk)

    shown_to_the_clerk = page(client, entry)
    assert 'name="tax"' in shown_to_the_clerk
    assert 'id="add_id_tax"' not in shown_to_the_clerk


def test_the_chosen_handlers_rows_show_the_entrys_own_values():
    client = merchant()
    page(client, EntryFactory())

    assert shown(client, entry_with(packsize=7))[CFG + "packsize"] == "7"


def test_what_was_typed_comes_back_and_is_not_kept():
    client, entry = merchant(), EntryFactory()
    page(client, entry)

    answer = client.post(ADD, typed(code="", **{CFG + "packsize": "8"}))

    assert controls(answer)[CFG + "packsize"] == "8"
    assert not [row for row in kept_rows._kept.values() if 'value="8"' in row]


def test_each_language_has_rows_of_its_own():
    entry = EntryFactory()
    english, french = page(merchant("en"), entry), page(merchant("fr"), entry)

    assert english != french
    assert page(merchant("en"), entry).count("group/line") == english.count("group/line")
    assert len({key[0] for key in kept_rows._kept}) == 2


def test_too_many_rows_are_forgotten(monkeypatch):
    monkeypatch.setattr(kept_rows, "KEPT_AT_MOST", 3)
    page(merchant(), EntryFactory())

    assert 0 < len(kept_rows._kept) <= 3

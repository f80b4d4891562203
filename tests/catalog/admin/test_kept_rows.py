"""Rows of fields that are the same for every entry are rendered once, and nobody sees it."""

from unittest.mock import patch

import pytest

from common.templatetags import kept_rows
from tests.catalog.admin_pages import ADD, change_url, controls, merchant, shown, typed
from tests.catalog.every_field import CFG, entry_with
from tests.factories.catalog import EntryFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_field")]


@pytest.fixture(autouse=True)
def nothing_kept():
    with patch.dict(kept_rows._kept, clear=True):
        yield


def page(client, entry):
    return client.get(change_url(entry)).content.decode()


def test_rows_of_handlers_that_are_not_chosen_are_rendered_once():
    client, entry = merchant(), EntryFactory()
    page(client, entry)
    kept = dict(kept_rows._kept)
    assert [row for row in kept.values() if f'name="{CFG}packsize"' in row]

    page(client, EntryFactory())

    assert kept_rows._kept == kept


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

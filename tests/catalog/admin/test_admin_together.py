"""State, category and tax of several entries are changed by one action, after a look at what changes."""

import pytest

from catalog.models.entries import Entry, EntryState
from tests.factories.accounts import UserFactory
from tests.factories.catalog import CategoryFactory, EntryFactory, TaxFactory
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/entry/"


@pytest.fixture
def client():
    return browser_of(UserFactory(is_staff=True, is_superuser=True))


def posted(entries, **typed):
    seen = {f"seen-{entry.pk}": entry.version for entry in entries}
    return {
        "action": "change_together", "_selected_action": [entry.pk for entry in entries], "together": "1", **seen,
        "state": "", "category": "", "tax": "", **typed,
    }  # fmt: skip


def test_what_changes_is_shown_before_it_changes(client):
    one, two = EntryFactory(state="available"), EntryFactory(state="suspended")
    form = posted([one, two], state="suspended")
    page = client.post(LIST, form).content.decode()
    assert "State: “Available” → “Suspended”" in page or "State: “available” → “suspended”" in page
    assert "stays as it is" in page
    one.refresh_from_db()
    assert one.state == EntryState.AVAILABLE
    done = client.post(LIST, {**form, "apply": ""}, follow=True)
    one.refresh_from_db()
    assert (one.state, one.version) == (EntryState.SUSPENDED, 2)
    assert "One entry is changed." in done.content.decode()
    two.refresh_from_db()
    assert two.version == 1


def test_category_and_tax(client):
    one, two, category, tax = EntryFactory(), EntryFactory(), CategoryFactory(), TaxFactory()
    client.post(LIST, {**posted([one, two], category=category.pk, tax=tax.pk), "apply": ""})
    assert set(Entry.objects.values_list("category", "tax")) == {(category.pk, tax.pk)}


def test_each_one_refused_is_named_and_the_others_are_changed(client):
    stale, gone, good = EntryFactory(), EntryFactory(handler="ext_gone", state="suspended"), EntryFactory()
    form = posted([stale, gone, good], state="available", category=CategoryFactory().pk)
    Entry.objects.filter(pk=stale.pk).update(version=9)
    told = client.post(LIST, {**form, "apply": ""}, follow=True).content.decode()
    assert f"{stale.code} was not changed" in told
    assert f"{gone.code} was not changed" in told
    good.refresh_from_db()
    gone.refresh_from_db()
    assert (good.version, gone.state) == (2, "suspended")


def test_nothing_chosen_changes_nothing(client):
    entry = EntryFactory()
    assert "Nothing would change" in client.post(LIST, posted([entry])).content.decode()


def test_only_with_the_permission():
    entry = EntryFactory(state="available")
    browser_of(staff("catalog.view_entry")).post(LIST, {**posted([entry], state="suspended"), "apply": ""})
    entry.refresh_from_db()
    assert entry.state == "available"

"""A merchant writes an entry in the admin."""

from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission

from catalog.models.entries import Entry
from tests.catalog.admin_pages import ADD, change_url, errors, merchant, shown, told, typed
from tests.factories.accounts import UserFactory
from tests.factories.catalog import CategoryFactory, EntryFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["en", "fr"])
def test_an_entry_without_handler_is_saved(language):
    response = merchant(language).post(ADD, typed(), follow=True)

    entry = Entry.objects.get()
    assert response.redirect_chain[-1][0] == "/admin/catalog/entry/"
    assert (entry.code, entry.name_en, entry.name_fr, entry.state) == (
        "FIRST-AID",
        "First aid",
        "Premiers secours",
        "available",
    )
    assert (entry.handler, entry.parameters, entry.version) == ("", {}, 1)
    assert entry.search_text.startswith("first-aid")
    assert [(tier.from_quantity, tier.unit_net) for tier in entry.tiers.all()] == [(1, Decimal("100.00"))]


def test_saving_what_was_shown_changes_nothing():
    client = merchant()
    entry = EntryFactory(tiers={1: "100.00", 10: "80.00"}, description_en="<p>Text</p>", max_quantity=5)

    response = client.post(change_url(entry), shown(client, entry), follow=True)

    assert response.redirect_chain, errors(response)
    # Columns of translated fields without a language suffix are never read.
    ignored = {"version", "updated_at", "checked_at", "name", "summary", "description", "terms", "sort_name"}
    after = Entry.objects.get()
    for field in Entry._meta.concrete_fields:
        if field.name not in ignored:
            assert (getattr(after, field.attname) or "") == (getattr(entry, field.attname) or ""), field.name
    assert after.version == entry.version + 1
    assert sorted(entry.tiers.values_list("from_quantity", flat=True)) == [1, 10]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": ""}, "code"),
        ({"code": "-A"}, "code"),
        ({"code": "É"}, "code"),
        ({"code": "x" * 65}, "code"),
        ({"category": ""}, "category"),
        ({"category": "999999"}, "category"),
        ({"state": "secret"}, "state"),
        ({"audience": "friends"}, "audience"),
        ({"tax": ""}, "tax"),
        ({"name_fr": ""}, "name_fr"),
        ({"name_en": "x\0"}, "name_en"),
        ({"min_quantity": "0"}, "min_quantity"),
        ({"min_quantity": "-3"}, "min_quantity"),
        ({"min_quantity": "5", "max_quantity": "4"}, "max_quantity"),
        ({"position": "-1"}, "position"),
        ({"handler": "std_nothing"}, "handler"),
        ({"parameter_string": "packsize=3"}, "parameter_string"),
        ({"tiers-0-from_quantity": "2"}, "tiers"),
        ({"tiers-0-unit_net": "-1"}, "tiers.unit_net"),
        ({"tiers-0-unit_net": "1.001"}, "tiers.unit_net"),
        ({"tiers-0-unit_net": "NaN"}, "tiers.unit_net"),
        ({"tiers-0-unit_net": "99999999999"}, "tiers.unit_net"),
        ({"tiers-0-from_quantity": "0"}, "tiers.from_quantity"),
        ({"tiers-0-from_quantity": ""}, "tiers.from_quantity"),
        ({"tiers-TOTAL_FORMS": "0"}, "tiers"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(changes, field):
    response = merchant().post(ADD, typed(**changes))

    found = errors(response)
    assert list(found) == [field]
    assert not Entry.objects.exists()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_code_is_taken_whatever_its_case(language):
    EntryFactory(code="first-aid")

    response = merchant(language).post(ADD, typed())

    assert list(errors(response)) == ["code"]
    assert Entry.objects.count() == 1


def test_two_prices_from_the_same_quantity_are_refused():
    response = merchant().post(
        ADD, typed(**{"tiers-TOTAL_FORMS": "2", "tiers-1-from_quantity": "1", "tiers-1-unit_net": "5"})
    )

    assert "tiers" in errors(response)


def test_prices_can_swap_their_quantities():
    client = merchant()
    entry = EntryFactory(tiers={1: "100.00", 5: "90.00", 10: "80.00"})
    data = shown(client, entry) | {"tiers-1-from_quantity": "10", "tiers-2-from_quantity": "5"}

    response = client.post(change_url(entry), data, follow=True)

    assert response.redirect_chain, errors(response)
    assert dict(entry.tiers.values_list("from_quantity", "unit_net")) == {
        1: Decimal("100.00"),
        5: Decimal("80.00"),
        10: Decimal("90.00"),
    }


def test_a_price_can_be_deleted_but_not_the_first():
    client = merchant()
    entry = EntryFactory(tiers={1: "100.00", 5: "90.00"})

    refused = client.post(change_url(entry), shown(client, entry) | {"tiers-0-DELETE": "on"})
    accepted = client.post(change_url(entry), shown(client, entry) | {"tiers-1-DELETE": "on"})

    assert list(errors(refused)) == ["tiers"]
    assert accepted.status_code == 302
    assert list(entry.tiers.values_list("from_quantity", flat=True)) == [1]


def test_a_code_that_was_sold_is_fixed(sold):
    client = merchant()
    entry = EntryFactory(code="SOLD")
    sold.add(entry.pk)
    data = shown(client, entry)

    kept = client.post(change_url(entry), data)
    refused = client.post(change_url(entry), data | {"code": "OTHER", "version": "2"})

    assert "code" not in data
    assert kept.status_code == 302
    assert "code" in errors(refused)
    assert Entry.objects.get().code == "SOLD"


def test_a_code_can_be_changed_before_the_first_sale():
    client = merchant()
    entry = EntryFactory(code="OLD")

    assert client.post(change_url(entry), shown(client, entry) | {"code": "New"}).status_code == 302
    assert Entry.objects.get().code == "New"


def test_of_two_merchants_the_second_is_told_and_overwrites_nothing():
    alice, bob = merchant(), merchant()
    entry = EntryFactory(name_en="Before")
    alices, bobs = shown(alice, entry) | {"name_en": "Alice"}, shown(bob, entry) | {"name_en": "Bob"}

    first = alice.post(change_url(entry), alices)
    second = bob.post(change_url(entry), bobs)

    assert first.status_code == 302
    assert "Somebody else has changed this" in errors(second)["__all__"][0]
    assert "“Alice”" in errors(second)["name_en"][0]
    assert second.context["adminform"].form["name_en"].value() == "Bob"
    assert Entry.objects.get().name_en == "Alice"


def test_a_form_without_its_version_overwrites_nothing():
    client = merchant()
    entry = EntryFactory()
    data = shown(client, entry)
    del data["version"]

    assert "__all__" in errors(client.post(change_url(entry), data))


def test_the_description_is_cleaned():
    merchant().post(
        ADD,
        typed(
            description_en='<h1 onclick="x()">Hi</h1><script>alert(1)</script><a href="javascript:x">a</a>',
            description_fr='<p>Voir <a href="https://example.org">ici</a></p>',
        ),
    )

    entry = Entry.objects.get()
    assert entry.description_en == '<h3>Hi</h3><a rel="noopener noreferrer nofollow">a</a>'
    assert 'href="https://example.org"' in entry.description_fr


def test_findings_are_shown_after_saving(monkeypatch):
    response = merchant().post(ADD, typed(name_en=""), follow=True)

    assert ("warning", "The name in English is missing; another language is shown instead.") in told(response)


def test_a_merchant_who_may_only_look_sees_everything_and_writes_nothing():
    client = merchant()
    viewer = UserFactory(is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_entry"))
    client.force_login(viewer)
    entry = EntryFactory(code="LOOK")

    page = client.get(change_url(entry))

    assert page.status_code == 200
    assert "LOOK" in page.content.decode()
    assert client.post(change_url(entry), {}).status_code == 403
    assert client.get(ADD).status_code == 403


def test_nobody_else_sees_anything(client):
    entry = EntryFactory()

    assert client.get(change_url(entry)).status_code == 302


def test_the_list_costs_the_same_for_many(django_assert_max_num_queries):
    client = merchant()
    category = CategoryFactory()
    EntryFactory.create_batch(40, category=category)

    with django_assert_max_num_queries(14):
        response = client.get("/admin/catalog/entry/?q=entry")

    assert response.status_code == 200
    assert response.context["cl"].result_count == 40


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%25", "shelf=nope", "delivery=-", "delivery=std_x", "state__exact=draft", "o=1.2.3", "e=1"]
)
def test_no_query_of_the_list_breaks_it(query):
    EntryFactory()

    assert merchant().get(f"/admin/catalog/entry/?{query}", follow=True).status_code == 200


def test_an_entry_that_is_deleted_while_it_is_edited():
    client = merchant()
    entry = EntryFactory()
    data = shown(client, entry)
    url = change_url(entry)
    entry.delete()

    assert client.post(url, data).status_code == 302


@pytest.mark.parametrize(
    "changes",
    [
        {"tiers-TOTAL_FORMS": "x"},
        {"tiers-TOTAL_FORMS": "-5"},
        {"tiers-TOTAL_FORMS": "99999"},
        {"tiers-INITIAL_FORMS": "7"},
        {"tiers-0-id": "999999"},
        {"tiers-0-id": "x", "tiers-INITIAL_FORMS": "1"},
        {"tiers-0-from_quantity": "99999999999999"},
        {"tiers-0-from_quantity": "1e3"},
        {"tiers-0-unit_net": "1e9999"},
        {"max_quantity": "99999999999999999999"},
        {"version": "x"},
        {"version": "9" * 50},
        {"category": "x"},
        {"state": "\0"},
        {"code": "\0"},
        {"description_en": "<" * 10_000},
        {"description_en": "\0"},
        {"name_fr": "\U0001f600\ufdfa" * 100},
        {"position": "9" * 30},
        {"_saveasnew": "1"},
    ],
)
def test_no_hostile_form_breaks_the_page(changes):
    client = merchant()
    entry = EntryFactory()

    response = client.post(change_url(entry), shown(client, entry) | changes)

    assert response.status_code in (200, 302)

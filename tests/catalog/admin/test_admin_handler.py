"""A merchant chooses an entry's delivery: a handler, its current version, or one made for the entry alone."""

import pytest

from catalog.models.entries import Entry
from handlers.registry import get_handler, temporary
from tests.catalog.admin_pages import ADD, change_url, controls, errors, merchant, shown, told, typed
from tests.catalog.every_field import CFG, DEFAULTS, entry_with, filled, stored
from tests.catalog.handlers import Bespoke, Broken, EveryField, finding
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_field")]


def test_another_handler_does_not_inherit_the_string_of_the_one_before():
    client = merchant()
    entry = entry_with(packsize=2)

    with temporary(Broken):
        response = client.post(change_url(entry), shown(client, entry) | {"handler": "ext_broken"}, follow=True)

    assert response.redirect_chain, errors(response)
    assert (Entry.objects.get().handler, stored()) == ("ext_broken", {})
    assert [level for level, text in told(response) if "ext_broken" in text] == ["error"]


def test_a_handler_newly_chosen_takes_its_fields_though_the_old_string_was_cleared():
    client = merchant()
    with temporary(Broken):
        entry = EntryFactory(handler="ext_broken")
        data = shown(client, entry) | filled(packsize="7") | {"parameter_string": ""}
        response = client.post(change_url(entry), data)

    assert response.status_code == 302, errors(response)
    assert stored()["packsize"] == 7


def test_parameters_of_an_older_version_are_shown_as_today():
    entry = EntryFactory(handler="ext_everyfield", handler_version=1, parameters={"packsize": 4})
    client = merchant()
    data = shown(client, entry)

    response = client.post(change_url(entry), data)

    assert data[CFG + "packsize"] == "4"
    assert response.status_code == 302
    assert Entry.objects.get().handler_version == 3
    assert stored() == DEFAULTS | {"packsize": 4}


def test_findings_of_the_handler_are_shown_in_plain_words(monkeypatch):
    found = [finding("info", "3 courses match"), finding("warning", "odd"), finding("error", "no role <coach>")]
    monkeypatch.setattr(EveryField, "findings", found)

    response = merchant().post(ADD, typed(**filled()), follow=True)

    assert told(response)[1:] == [("error", "no role <coach>"), ("warning", "odd"), ("info", "3 courses match")]
    assert "no role &lt;coach&gt;" in response.content.decode()


# --- Specific handlers ---


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_missing_specific_handler_is_refused_at_the_handler(language):
    response = merchant(language).post(ADD, typed(code="BIG-ORDER", handler="specific"))

    assert list(errors(response)) == ["handler"]
    assert "specific/big_order" in errors(response)["handler"][0]


def test_a_specific_handler_is_found_by_the_code():
    with temporary(Bespoke, specific=True):
        client = merchant()
        page = client.get(ADD)
        response = client.post(
            ADD, typed(code="Big-Order", handler="specific", cfg_specific_big_order_note="for Alice")
        )

    condition = "handler == 'specific' &amp;&amp; code.toLowerCase().replaceAll('-', '_') == 'big_order'"
    assert condition in page.content.decode().replace("&#x27;", "'")
    assert response.status_code == 302
    assert (Entry.objects.get().handler, stored()) == ("specific", {"note": "for Alice"})


def test_the_code_of_an_entry_with_a_specific_handler_is_fixed():
    with temporary(Bespoke, specific=True):
        client = merchant()
        entry = EntryFactory(code="BIG-ORDER", handler="specific", parameters={"note": ""}, handler_version=1)
        data = shown(client, entry)
        kept = client.post(change_url(entry), data | {"cfg_specific_big_order_note": "new"})
        refused = client.post(change_url(entry), shown(client, entry) | {"code": "OTHER"})

    assert "code" not in data
    assert kept.status_code == 302, errors(kept)
    assert stored() == {"note": "new"}
    assert list(errors(refused)) == ["code"]


def test_two_entries_cannot_share_a_specific_handler():
    with temporary(Bespoke, specific=True):
        EntryFactory(code="BIG-ORDER", handler="specific", parameters={"note": ""})
        response = merchant().post(ADD, typed(code="big_order", handler="specific"))

    assert list(errors(response)) == ["handler"]


def test_an_entry_whose_handler_went_missing_can_only_be_taken_off_sale():
    client = merchant()
    entry = EntryFactory(handler="ext_gone", parameters={"kept": 1}, handler_version=7, state="available")
    data = shown(client, entry)

    refused = client.post(change_url(entry), data)
    accepted = client.post(change_url(entry), data | {"state": "suspended"}, follow=True)

    assert data["handler"] == "ext_gone"
    assert list(errors(refused)) == ["handler"]
    assert accepted.redirect_chain, errors(accepted)
    assert (stored(), Entry.objects.get().handler_version) == ({"kept": 1}, 7)
    assert [level for level, text in told(accepted) if "ext_gone" in text] == ["error"]


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("name", ["std_generateseats", "std_setuponecoursesession", "std_enroloncourse"])
def test_every_standard_handler_is_set_by_its_fields_and_by_its_string(name, language):
    CourseFactory(short_name="SEC-01")
    client = merchant(language)
    form_class = get_handler(name).MerchantForm
    by_string = {"coursename": "SEC-01", "courselist": "SEC-*"}
    string = "&".join(f"{key}={value}" for key, value in by_string.items() if key in form_class.base_fields)
    response = client.get(ADD)
    page, untouched = response.content.decode(), controls(response)
    assert {field for field in form_class.base_fields if f'name="cfg_{name}_{field}' not in page} == set()

    response = client.post(ADD, untouched | typed(handler=name, parameter_string=string), follow=True)

    assert response.redirect_chain, errors(response)
    entry = Entry.objects.get()
    expected = form_class.default_parameters() | {
        key: value for key, value in by_string.items() if key in form_class.base_fields
    }
    assert entry.parameters == expected
    again = client.post(change_url(entry), shown(client, entry))
    assert again.status_code == 302, errors(again)
    assert stored() == expected
    assert not [text for level, text in told(response) if level == "error"]


@pytest.mark.parametrize("name", ["std_setuponecoursesession", "std_enroloncourse"])
def test_a_course_that_is_missing_is_told_at_its_field(name):
    client = merchant()

    response = client.post(ADD, controls(client.get(ADD)) | typed(handler=name))

    assert list(errors(response)) == [f"cfg_{name}_coursename"]

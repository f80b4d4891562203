"""A merchant sets a handler's parameters: by fields, by the string, and never half of each."""

import re
from itertools import cycle

import pytest

from catalog.models import Entry
from handlers.querystring import encode
from handlers.registry import get_handler, temporary
from tests.catalog.admin_pages import ADD, change_url, controls, errors, merchant, shown, told, typed
from tests.catalog.handlers import Bespoke, Broken, EveryField, EveryFieldForm, finding
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory

pytestmark = pytest.mark.django_db

CFG = "cfg_ext_everyfield_"
DEFAULTS = EveryFieldForm.default_parameters()


@pytest.fixture(autouse=True)
def handler():
    with temporary(EveryField) as handler:
        yield handler


def filled(**values: object) -> dict[str, object]:
    """The handler chosen and all its fields typed, as the browser sends them."""
    fields = {
        "course": "SEC-01",
        "courselist": ["SEC-*", "ELEC-01"],
        "role": "tutor",
        "packsize": "5",
        "duration": "30",
        "starttime_0": "2027-01-04",
        "starttime_1": "08:30:00",
        "endtime_0": "2027-03-31",
        "endtime_1": "",
        "autoenrol": "on",
        **values,
    }
    return {"handler": "ext_everyfield", **{CFG + name: value for name, value in fields.items()}}


def in_turn(*cases: object) -> list[tuple[object, ...]]:
    """The cases, each in one of the two languages, by turns."""
    return [
        (language, *(case if isinstance(case, tuple) else (case,)))
        for language, case in zip(cycle(["en", "fr"]), cases)
    ]


def entry_with(**parameters: object) -> Entry:
    return EntryFactory(handler="ext_everyfield", handler_version=3, parameters=DEFAULTS | parameters)


def stored() -> dict[str, object]:
    return Entry.objects.get().parameters


def test_every_field_is_stored_typed():
    response = merchant().post(ADD, typed(**filled()), follow=True)

    assert response.redirect_chain, errors(response)
    entry = Entry.objects.get()
    assert (entry.handler, entry.handler_version) == ("ext_everyfield", 3)
    assert entry.parameters == {
        "course": "SEC-01",
        "courselist": "SEC-*,ELEC-01",
        "role": "tutor",
        "packsize": 5,
        "duration": 30,
        "starttime": "2027-01-04T08:30:00+01:00",
        "endtime": "2027-03-31",
        "autoenrol": True,
    }


def test_a_french_merchant_types_dates_as_the_french_do():
    data = filled(starttime_0="04/01/2027", starttime_1="08:30", endtime_0="31/03/2027")

    merchant("fr").post(ADD, typed(**data))

    assert (stored()["starttime"], stored()["endtime"]) == ("2027-01-04T08:30:00+01:00", "2027-03-31")


def test_blank_fields_take_their_defaults():
    blank = dict.fromkeys(("course", "role", "packsize", "duration", "starttime_0", "starttime_1", "endtime_0"), "")

    merchant().post(ADD, typed(**filled(**blank, courselist=[], autoenrol="")))

    assert stored() == DEFAULTS | {"courselist": None, "autoenrol": False}


@pytest.mark.parametrize(
    ("language", "changes", "field"),
    in_turn(
        ({"course": "A,B"}, "course"),
        ({"course": "x" * 300}, "course"),
        ({"courselist": ["A=B"]}, "courselist"),
        ({"role": "a role"}, "role"),
        ({"packsize": "0"}, "packsize"),
        ({"packsize": "1001"}, "packsize"),
        ({"packsize": "many"}, "packsize"),
        ({"duration": "-1"}, "duration"),
        ({"starttime_0": "2027-02-30"}, "starttime"),
        ({"starttime_0": "", "starttime_1": "08:30"}, "starttime"),
        ({"endtime_0": "tomorrow"}, "endtime"),
        ({"endtime_1": "25:00"}, "endtime"),
        ({"autoenrol": "perhaps"}, "autoenrol"),
    ),
)
def test_what_cannot_be_is_told_at_its_field_and_kept(language, changes, field):
    response = merchant(language).post(ADD, typed(**filled(**changes)))

    if field == "autoenrol":  # a box that is not ticked in any way known is ticked
        assert response.status_code == 302
        return
    assert list(errors(response)) == [CFG + field]
    assert str(next(iter(changes.values()))).strip("[]'") in response.content.decode()
    assert not Entry.objects.exists()


def test_only_the_chosen_handler_is_asked():
    data = filled(packsize="nonsense") | {"handler": ""}

    assert merchant().post(ADD, typed(**data)).status_code == 302
    assert stored() == {}


def test_the_page_shows_fields_and_string_of_what_is_stored():
    entry = entry_with(course="SEC-01", courselist="SEC-*, ELEC-01", starttime="2027-01-04", packsize=5)
    data = shown(merchant(), entry)

    assert data[CFG + "course"] == "SEC-01"
    assert data[CFG + "courselist"] == ["SEC-*", "ELEC-01"]
    assert (data[CFG + "starttime_0"], data[CFG + "starttime_1"]) == ("2027-01-04", "")
    assert data[CFG + "packsize"] == "5"
    assert data["parameter_string"] == encode(entry.parameters, EveryFieldForm)
    assert "starttime=1799017200" in data["parameter_string"]


def test_a_french_page_shows_french_dates():
    data = shown(merchant("fr"), entry_with(starttime="2027-01-04T08:30:00+01:00"))

    assert (data[CFG + "starttime_0"], data[CFG + "starttime_1"]) == ("04/01/2027", "08:30:00")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"course": "Ancien nom", "role": "coach", "duration": 7},
        {"courselist": " SEC-* ,  ELEC-01 , man_% ", "packsize": 1000},
        {"courselist": "50% off"},
        {"starttime": "2027-01-04", "endtime": "2027-01-04"},
        {"starttime": "2027-10-31T02:30:00+02:00", "endtime": "2027-10-31T02:30:00+01:00"},
        {"starttime": "1969-12-31", "endtime": "9998-12-31"},
        {"autoenrol": False},
    ],
)
def test_saving_what_was_shown_loses_nothing(language, parameters):
    client = merchant(language)
    entry = entry_with(**parameters)

    response = client.post(change_url(entry), shown(client, entry))

    assert response.status_code == 302, errors(response)
    assert stored() == entry.parameters
    assert not [text for level, text in told(client.get("/admin/catalog/entry/")) if "read as" in text]


def test_the_string_is_read_into_the_fields():
    client = merchant()
    entry = entry_with(packsize=2, course="OLD")
    string = "courselist=SEC-*%2C+x&starttime=1799017200&endtime=2027-03-31&autoenrol=0&course=Caf%C3%A9"

    response = client.post(change_url(entry), shown(client, entry) | {"parameter_string": string}, follow=True)

    assert response.redirect_chain, errors(response)
    assert stored() == DEFAULTS | {
        "course": "Café",
        "courselist": "SEC-*,+x",
        "starttime": "2027-01-04",
        "endtime": "2027-03-31",
        "autoenrol": False,
    }
    assert [text for level, text in told(response) if level == "info"] == [
        "Courses: written as “SEC-*%2C+x”, read as “SEC-*,+x”.",
        "Course: written as “Caf%C3%A9”, read as “Café”.",
    ]


def test_the_string_of_an_older_shop_makes_a_new_entry():
    client = merchant()
    untouched = controls(client.get(ADD))

    response = client.post(
        ADD, untouched | typed(handler="ext_everyfield", parameter_string="packsize=3&courselist=BUR%")
    )

    assert response.status_code == 302, errors(response)
    assert stored() == DEFAULTS | {"packsize": 3, "courselist": "BUR%"}


def test_an_emptied_string_goes_back_to_the_defaults():
    client = merchant()
    entry = entry_with(packsize=9)

    client.post(change_url(entry), shown(client, entry) | {"parameter_string": ""})

    assert stored() == DEFAULTS


@pytest.mark.parametrize(
    ("language", "string"),
    in_turn(
        "seats=3",
        "packsize=3&packsize=4",
        "packsize=three",
        "packsize=0",
        "starttime=soon",
        "endtime=2027-02-30",
        "starttime=99999999999999999999",
        "starttime=999999999999",
        "course=A%2CB",
        "course=%FF",
        "packsize=4\0",
        "course=x%00y",
        "role=%20%20a b",
        "autoenrol=perhaps",
        "=5",
        "packsize",
        "<script>alert(1)</script>=1",
        "&".join(f"k{n}=1" for n in range(2000)),
        "course=" + "é" * 20_000,
        "%" * 5000,
        "packsize=" + "9" * 5000,
        "duration=1e9",
        "course=\ud7ff\uffff=",
    ),
)
def test_a_string_that_cannot_be_read_is_told_at_the_string(language, string):
    client = merchant(language)
    entry = entry_with(packsize=2)

    response = client.post(change_url(entry), shown(client, entry) | {"parameter_string": string})

    if string == "packsize":  # without a value: the default
        assert response.status_code == 302
        return
    assert list(errors(response)) == ["parameter_string"]
    assert len(errors(response)["parameter_string"]) <= 21
    assert response.context["adminform"].form["parameter_string"].value() == string
    assert "<script>alert" not in response.content.decode()
    assert stored() == entry.parameters


@pytest.mark.parametrize(
    "handler", ["", "specific", "ext_everyfield", "std_generateseats", "std_gone", "x" * 200, "\0"]
)
@pytest.mark.parametrize("string", ["\0", "packsize=1", "%", "&" * 3000, "=" * 3000])
def test_no_handler_and_string_break_the_page(handler, string):
    response = merchant().post(ADD, typed(handler=handler, parameter_string=string))

    assert response.status_code in (200, 302)


def test_the_string_counts_as_text_between_blanks_and_lines():
    client = merchant()
    entry = entry_with(packsize=2)

    client.post(change_url(entry), shown(client, entry) | {"parameter_string": "\r\n packsize=4 \r\n"})

    assert stored()["packsize"] == 4


def test_fields_and_string_changed_together_must_say_the_same():
    client = merchant()
    entry = entry_with(packsize=2)
    data = shown(client, entry)

    refused = client.post(change_url(entry), data | {CFG + "packsize": "3", "parameter_string": "packsize=4"})
    accepted = client.post(
        change_url(entry), data | {CFG + "packsize": "4", "parameter_string": "packsize=4&role=student&autoenrol=1"}
    )

    assert list(errors(refused)) == ["parameter_string"]
    assert data["parameter_string"] in errors(refused)["parameter_string"][0]
    assert accepted.status_code == 302
    assert stored()["packsize"] == 4


def test_a_field_with_an_error_counts_as_changed():
    client = merchant()
    entry = entry_with()

    response = client.post(
        change_url(entry), shown(client, entry) | {CFG + "packsize": "x", "parameter_string": "packsize=4"}
    )

    assert list(errors(response)) == ["parameter_string"]


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


def test_findings_of_the_handler_are_shown_in_plain_words(handler, monkeypatch):
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


# --- Choosers ---


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
    from django.contrib.auth.models import Permission

    from tests.factories.accounts import UserFactory

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


# --- Every handler there is ---


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

"""A merchant sets a handler's parameters by fields or by the string, never half of each."""

from itertools import cycle

import pytest

from catalog.models.entries import Entry
from handlers.querystring import encode
from tests.catalog.admin_pages import ADD, change_url, controls, errors, merchant, shown, told, typed
from tests.catalog.every_field import CFG, DEFAULTS, entry_with, filled, stored
from tests.catalog.handlers import EveryFieldForm

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("every_field")]


def in_turn(*cases: object) -> list[tuple[object, ...]]:
    """Pair the cases with the two languages in turn."""
    return [
        (language, *(case if isinstance(case, tuple) else (case,)))
        for language, case in zip(cycle(["en", "fr"]), cases)
    ]


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

    if field == "autoenrol":  # an unknown value counts as ticked
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
    assert (data[CFG + "starttime_0"], data[CFG + "starttime_1"]) == ("04/01/2027", "")
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

    if string == "packsize":  # no value: the default applies
        assert response.status_code == 302
        return
    assert list(errors(response)) == ["parameter_string"]
    assert len(errors(response)["parameter_string"]) <= 21
    assert response.context["adminform"].form["parameter_string"].value() == string
    assert "<script>alert" not in response.content.decode()
    assert stored() == entry.parameters


@pytest.mark.parametrize(
    ("handler", "string"),
    [
        *((handler, "packsize=1") for handler in ("", "specific", "std_generateseats", "std_gone", "x" * 200, "\0")),
        *(("ext_everyfield", string) for string in ("\0", "packsize=1", "%", "&" * 3000, "=" * 3000)),
        ("\0", "\0"),
    ],
)
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

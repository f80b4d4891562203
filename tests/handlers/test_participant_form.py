"""The micro-form of a session, and the rules across the micro-forms of an order."""

import pytest
from django.utils import translation

from handlers.contract import DraftLine, UnitContext, UnitErrors
from handlers.registry import get_handler
from handlers.std_setuponecoursesession.forms import ParticipantForm
from handlers.testing import parameters
from tests.factories.enrolments import CourseFactory
from tests.factories.handlers import participant

NAME = "std_setuponecoursesession"


def form(**typed):
    return ParticipantForm(typed)


@pytest.mark.parametrize(
    "typed", [{}, {"role": "student"}, {"role": "", "email": " ", "first_name": "", "last_name": ""}]
)
def test_a_micro_form_may_be_wholly_blank(typed):
    blank = form(**typed)
    assert blank.is_valid(), blank.errors
    assert blank.cleaned_data == {"role": "", "email": "", "first_name": "", "last_name": ""}


def test_a_complete_micro_form_keeps_the_normalised_address():
    complete = form(role="tutor", email="  Ada.LOVELACE@Example.ORG ", first_name=" Ada ", last_name="Lovelace")
    assert complete.is_valid(), complete.errors
    assert complete.cleaned_data == {
        "role": "tutor",
        "email": "ada.lovelace@example.org",
        "first_name": "Ada",
        "last_name": "Lovelace",
    }


def test_a_participant_without_role_is_a_learner():
    complete = form(email="ada@example.org", first_name="Ada", last_name="Lovelace")
    assert complete.is_valid(), complete.errors
    assert complete.cleaned_data["role"] == "student"


@pytest.mark.parametrize("missing", ["email", "first_name", "last_name"])
def test_what_is_missing_is_an_error_at_its_field(missing):
    half = form(**(participant("ada@example.org") | {missing: " "}))
    assert list(half.errors) == [missing]


def test_a_tutor_without_a_name_is_not_blank():
    assert sorted(form(role="tutor").errors) == ["email", "first_name", "last_name"]


@pytest.mark.parametrize(
    ("field", "typed"),
    [("email", "ada"), ("email", "ada@@example.org"), ("role", "teacher"), ("first_name", "x" * 151)],
)
def test_a_wrong_value_is_one_error_at_its_field(field, typed):
    wrong = form(**(participant("ada@example.org") | {field: typed}))
    assert list(wrong.errors) == [field]
    assert len(wrong.errors[field]) == 1


def test_micro_forms_are_prefixed():
    second = ParticipantForm(
        {"unit-1-email": "ada@example.org", "unit-1-first_name": "Ada", "unit-1-last_name": "Lovelace", "email": "x"},
        prefix="unit-1",
    )
    assert second.is_valid(), second.errors


def test_cleaned_answers_are_valid_data_again():
    for typed in ({}, participant("Ada@example.org", "tutor")):
        first = form(**typed)
        assert first.is_valid()
        again = form(**first.cleaned_data)
        assert again.is_valid()
        assert again.cleaned_data == first.cleaned_data


def draft(index, course, *emails):
    units = tuple(UnitContext(number, participant(email) if email else {}) for number, email in enumerate(emails))
    return DraftLine(index, f"ENTRY-{index}", parameters(NAME, coursename=course), units)


def errors_of(*lines):
    with translation.override("en"):
        try:
            get_handler(NAME).clean_units(lines)
        except UnitErrors as errors:
            return [(error.line_index, error.unit_index, error.field, str(error.message)) for error in errors.errors]
    return []


@pytest.mark.django_db
def test_the_same_address_twice_in_a_line_is_refused_at_its_field():
    CourseFactory(short_name="SEC-01")

    [error] = errors_of(draft(0, "SEC-01", "ada@example.org", "bob@example.org", "ADA@example.org"))

    assert error[:3] == (0, 2, "email")
    assert error[3].startswith("This person is participant 1 already. Nobody has two seats in one session")


@pytest.mark.django_db
def test_the_same_address_in_another_line_for_the_same_course_is_refused_whatever_the_course_is_called_there():
    CourseFactory(short_name="SEC-01", former_names=["SECURITE"])

    [error] = errors_of(
        draft(4, "securite", "bob@example.org", "ada@example.org"), draft(1, "SEC-01", "ada@example.org")
    )

    assert error[:3] == (4, 1, "email")
    assert error[3].startswith("This person is participant 1 of “ENTRY-1” already, which is for the same session.")


@pytest.mark.django_db
def test_the_role_does_not_matter():
    CourseFactory(short_name="SEC-01")
    line = draft(0, "SEC-01", "ada@example.org", "ada@example.org")
    line.units[1].answers["role"] = "tutor"
    assert [error[:3] for error in errors_of(line)] == [(0, 1, "email")]


@pytest.mark.django_db
def test_every_error_is_told_at_once():
    CourseFactory(short_name="SEC-01")
    emails = ["ada@example.org"] * 3 + ["bob@example.org"] * 2
    assert [error[1] for error in errors_of(draft(0, "SEC-01", *emails))] == [1, 2, 4]


@pytest.mark.django_db
def test_the_same_person_in_two_courses_and_any_number_of_blanks_are_welcome():
    CourseFactory(short_name="SEC-01")
    CourseFactory(short_name="SEC-02")
    assert errors_of(draft(0, "SEC-01", "ada@example.org", "", ""), draft(1, "SEC-02", "ada@example.org", "")) == []


@pytest.mark.parametrize(
    ("tutors", "learners", "blank", "free", "charged"),
    [
        (0, 3, 0, 2, 3),
        (1, 3, 0, 2, 3),
        (3, 3, 0, 2, 4),
        (2, 1, 0, 2, 2),  # never more free seats than charged ones
        (3, 0, 0, 3, 2),
        (1, 0, 0, 1, 1),
        (2, 0, 4, 5, 4),  # a blank seat is not a tutor's
        (2, 2, 0, 0, 4),
    ],
)
def test_free_tutors_are_never_more_than_the_charged_seats(tutors, learners, blank, free, charged):
    answers = [participant(f"t{n}@example.org", "tutor") for n in range(tutors)]
    answers += [participant(f"l{n}@example.org") for n in range(learners)]
    answers += [{"role": "tutor", "email": ""}] * blank
    units = [UnitContext(index, each) for index, each in enumerate(answers)]

    assert (
        get_handler(NAME).charged_units(parameters(NAME, coursename="SEC-01", freetutors=str(free)), units) == charged
    )


def test_the_price_of_a_cart_is_told_while_answers_are_still_wrong():
    units = [UnitContext(0, participant("not an address", "tutor")), UnitContext(1, {"email": None})]
    assert get_handler(NAME).charged_units(parameters(NAME, coursename="SEC-01", freetutors="1"), units) == 1

"""SIRET and the numbers of other countries' registers."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from common.register_numbers import CHECKED, WITH_SIRET, missing_number, normalise_register_number


@pytest.mark.parametrize("typed", [
    "73282932000074", "732 829 320 00074", " 732.829.320-00074 ", "732\u00a0829\u202f320\t00074",
])  # fmt: skip
def test_a_siret_is_kept_as_14_digits_however_it_is_spaced(typed):
    assert normalise_register_number(typed, country="FR") == "73282932000074"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("73282932000079", "This is not a valid SIRET: its check digit does not fit. Check it for typing errors."),
        ("00000000000000", "This is not a valid SIRET: its check digit does not fit. Check it for typing errors."),
        ("35600000000002", "This is not a valid SIRET: its check digit does not fit. Check it for typing errors."),
        ("732829320", "This is a SIREN (9 digits). Type the SIRET of the establishment: the SIREN and 5 more digits."),
        ("7328293200007", "A SIRET has 14 digits. Check it for typing errors."),
        ("732829320000740", "A SIRET has 14 digits. Check it for typing errors."),
        ("7328293200007A", "A SIRET has 14 digits. Check it for typing errors."),
        ("FR40303265045", "A SIRET has 14 digits. Check it for typing errors."),
        ("\uff17328293200007\uff14", "A SIRET has 14 digits. Check it for typing errors."),
        ("<script>", "A SIRET has 14 digits. Check it for typing errors."),
        ("7" * 5000, "A SIRET has 14 digits. Check it for typing errors."),
    ],
)
def test_another_number_is_refused_with_a_sentence(typed, sentence):
    with translation.override("en"), pytest.raises(ValidationError) as refused:
        normalise_register_number(typed, country="FR")
    with translation.override("en"):
        assert refused.value.messages == [sentence]


@pytest.mark.parametrize("typed", ["35600000000048", "35600000049837"])
def test_establishments_of_la_poste_follow_a_rule_of_their_own(typed):
    assert normalise_register_number(typed, country="FR") == typed


@pytest.mark.parametrize("country", sorted(WITH_SIRET))
def test_overseas_departments_have_a_siret_too(country):
    assert normalise_register_number("73282932000074", country=country) == "73282932000074"
    with translation.override("en"):
        assert missing_number(country).messages[0].startswith("Type the SIRET")


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("BE", "BE 0428.759.497", "0428759497"),
        ("DK", "13585628", "13585628"),
        ("ES", "B-58378431", "B58378431"),
        ("FI", "2077474-0", "20774740"),
        ("IT", "IT 00743110157", "00743110157"),
        ("NO", "988 077 917", "988077917"),
        ("SE", "556703-7485", "5567037485"),
    ],
)
def test_a_known_number_of_another_country_is_checked(country, typed, kept):
    assert normalise_register_number(typed, country=country) == kept
    with pytest.raises(ValidationError):
        normalise_register_number(typed[:-2] + "!?", country=country)
    with pytest.raises(ValidationError):
        normalise_register_number("123", country=country)


@pytest.mark.parametrize("country", sorted(CHECKED))
def test_every_module_of_the_table_is_there(country):
    with pytest.raises(ValidationError):
        normalise_register_number("A1", country=country)


@pytest.mark.parametrize(
    ("country", "typed", "kept"), [("DE", "HRB 86.891", "HRB86891"), ("US", "12-3456789", "123456789")]
)
def test_a_number_of_another_country_is_kept_as_letters_and_digits(country, typed, kept):
    assert normalise_register_number(typed, country=country) == kept


@pytest.mark.parametrize("typed", ["<b>", "a" * 31, "HRB№5", "x'; --"])
def test_other_signs_and_lengths_are_no_number(typed):
    with pytest.raises(ValidationError):
        normalise_register_number(typed, country="DE")


@pytest.mark.parametrize("typed", ["", "  ", "\u200b", ". - /"])
def test_nothing_stays_nothing(typed):
    assert normalise_register_number(typed, country="FR") == ""

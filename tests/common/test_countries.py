"""Choice of a country, against Django's own select."""

import pytest
from django import forms
from django.test.html import parse_html
from django.utils.translation import override
from django_countries import countries

from common.countries import CountryField, CountrySelect


class Address(forms.Form):
    country = CountryField(initial="FR", widget=CountrySelect(attrs={"autocomplete": "country"}))


class Plain(forms.Form):
    country = forms.ChoiceField(
        choices=lambda: list(countries), initial="FR", widget=forms.Select(attrs={"autocomplete": "country"})
    )


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("data", [None, {"country": "DE"}, {"country": ""}, {}, {"country": '"><script>'}])
def test_it_is_shown_as_django_shows_it(language, data):
    with override(language):
        assert parse_html(str(Address(data)["country"])) == parse_html(str(Plain(data)["country"]))


def test_each_language_has_its_own_names():
    with override("en"):
        english = str(Address()["country"])
    with override("fr"):
        french = str(Address()["country"])
    assert '<option value="DE">Germany</option>' in english
    assert '<option value="DE">Allemagne</option>' in french


@pytest.mark.parametrize(("typed", "is_valid"), [("FR", True), ("fr", False), ("XX", False), ("", False)])
def test_only_codes_of_countries_are_valid(typed, is_valid):
    assert Address({"country": typed}).is_valid() is is_valid

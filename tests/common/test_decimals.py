"""Numbers as people type and paste them, in every form of the product."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django import forms
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.test import RequestFactory
from django.utils import translation

from accounts.people.models import User
from common.admin.readonly import ReadOnlyAdmin
from common.decimals import AmountField, DecimalField, DecimalInput, read_amount, read_decimal


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("12,50", "12.50"), ("12.50", "12.50"), ("5,5", "5.5"), ("1250", "1250"), ("0,125", None), ("0.5", "0.5"),
        ("1 234,50 €", "1234.50"), ("1\u202f234,50\u00a0€", "1234.50"), ("504,00 €", "504.00"),
        ("€1,234.50", "1234.50"),
        ("1'234.50", "1234.50"), ("1.234,50", "1234.50"), ("1,234,567", "1234567"), ("-3,5", "-3.5"),
        ("\u22123,5", "-3.5"), ("20 %", "20"), ("12 EUR", "12"), ("1,234", None), ("1.234", None), ("1 2", None),
        ("1,23,4", None), ("12,345.6.7", None), ("٣", None), ("1e3", None), ("NaN", None), ("1,5,5", None),
    ],
)  # fmt: skip
def test_a_number_is_read_in_either_notation(typed, number):
    if number is None:
        with pytest.raises(ValidationError):
            read_decimal(typed, places=2)
    else:
        assert read_decimal(typed, places=2) == Decimal(number)


def test_one_sign_before_three_digits_is_the_decimals_where_three_can_be_stored():
    assert read_decimal("1,234", places=4) == read_decimal("1.234", places=4) == Decimal("1.234")


def test_both_readings_are_named_where_a_number_has_two():
    with translation.override("en"), pytest.raises(ValidationError, match="can be read in two ways"):
        read_decimal("1.234", places=2)


@pytest.mark.parametrize(("language", "shown"), [("en", "12.50"), ("fr", "12,50")])
def test_a_field_shows_what_is_stored_in_the_readers_way(language, shown):
    class Form(forms.Form):
        price = DecimalField(max_digits=12, decimal_places=2)

    with translation.override(language):
        page = str(Form(initial={"price": Decimal("12.5")})["price"])
        assert f'value="{shown}"' in page
        assert 'inputmode="decimal"' in page
        assert Form({"price": shown}).is_valid()


class TestAmounts:
    @pytest.mark.parametrize(
        ("typed", "currency", "amount"),
        [
            ("12,50", "EUR", "12.50"), ("1 234,50 €", "EUR", "1234.50"), ("1200", "JPY", "1200"),
            ("12.00", "JPY", "12"), ("1.230", "KWD", "1.23"), ("1,23", "KWD", "1.23"), ("1,234.560", "KWD", "1234.56"),
        ],
    )  # fmt: skip
    def test_are_read_in_steps_of_their_currency(self, typed, currency, amount):
        assert read_amount(typed, currency=currency) == Decimal(amount)

    @pytest.mark.parametrize(
        ("typed", "currency", "why"),
        [
            ("1.234", "KWD", "“1.234” is too fine: amounts in KWD are multiples of 0.010."),
            ("0,005", "KWD", "“0,005” is too fine: amounts in KWD are multiples of 0.010."),
            ("12.5", "JPY", "“12.5” is too fine: amounts in JPY are multiples of 1."),
            ("1.234", "EUR", "can be read in two ways"),
            ("12.345", "EUR", "can be read in two ways"),
            ("1.23456", "EUR", "has too many decimals"),
        ],
    )
    def test_finer_ones_are_refused_with_the_step(self, typed, currency, why):
        with translation.override("en"), pytest.raises(ValidationError, match=why):
            read_amount(typed, currency=currency)

    @pytest.mark.parametrize(("currency", "shown"), [("EUR", "12.00"), ("JPY", "12"), ("KWD", "12.000")])
    def test_are_shown_in_their_field_with_the_decimals_of_the_currency(self, settings, currency, shown):
        settings.SHOP_CURRENCY = currency

        class Form(forms.Form):
            price = AmountField(min_value=Decimal(0))

        with translation.override("en"):
            form = Form({"price": shown}, initial={"price": Decimal("12.00")})
            assert f'value="{shown}"' in str(Form(initial={"price": Decimal("12.00")})["price"])
            assert form.is_valid()
            assert not form.has_changed()

    def test_an_endless_number_is_refused(self):
        class Form(forms.Form):
            price = AmountField()

        assert not Form({"price": "9" * 40 + ".5"}).is_valid()


def subclasses(base: type) -> set[type]:
    return {base, *(each for sub in base.__subclasses__() for each in subclasses(sub))}


def is_stray(field: forms.Field) -> bool:
    is_decimal = isinstance(field, forms.DecimalField | forms.FloatField)
    return is_decimal and not (
        isinstance(field, DecimalField) and isinstance(field.widget, DecimalInput | forms.HiddenInput)
    )


@pytest.mark.django_db
def test_every_form_reads_decimals_this_way():
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    found = {}
    for page in admin.site._registry.values():
        if isinstance(page, ReadOnlyAdmin):
            continue
        for name, field in page.get_form(request).base_fields.items():
            found[f"{page}.{name}"] = field
        for inline in page.get_inline_instances(request):
            for name, field in inline.get_formset(request).form.base_fields.items():
                found[f"{inline}.{name}"] = field
    # The admin makes a form of each of these, with the fields of the page.
    made_over = {page.form for page in admin.site._registry.values()} | {
        inline.form for page in admin.site._registry.values() for inline in page.inlines
    }
    for form in (subclasses(forms.Form) | subclasses(forms.ModelForm)) - made_over:
        if form.__module__.split(".")[0] in {app.name.split(".")[0] for app in apps.get_app_configs()} - {"allauth"}:
            found |= {f"{form}.{name}": field for name, field in form.base_fields.items()}

    ours = {name: field for name, field in found.items() if "django" not in name and "unfold" not in name}
    assert [name for name, field in ours.items() if is_stray(field)] == []
    assert sum(isinstance(field, DecimalField) for field in ours.values()) >= 3

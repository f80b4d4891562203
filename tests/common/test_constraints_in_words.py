"""Violated constraints in words: fields and limits, never a name of the code."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.urls import reverse
from django.utils import translation

from accounts.people.models import User
from catalog.models.taxes import Tax
from common.constraints import fields_of, sentence
from shop.seller.models import ShopIdentity
from tests.catalog.admin_pages import controls, errors, merchant, text_of
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory

OURS = [
    pytest.param(model, constraint, id=constraint.name)
    for model in apps.get_models()
    if not model.__module__.startswith(("allauth", "django"))
    for constraint in model._meta.constraints
]


@pytest.mark.parametrize(("model", "constraint"), OURS)
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_constraint_says_fields_and_limit(model, constraint, language):
    with translation.override(language):
        said = sentence(constraint, model)

    assert fields_of(constraint)
    assert constraint.name not in said
    if constraint.violation_error_message == constraint.default_violation_error_message:
        assert "_" not in said
        assert said.endswith(".")


def test_a_limit_is_named():
    rate = next(each for each in Tax._meta.constraints if each.name == "catalog_tax_rate_range")
    with translation.override("en"):
        assert sentence(rate, Tax) == "Rate in %: 0 or more and 100 or less."


@pytest.mark.django_db
def test_a_known_address_in_other_case_is_told_at_its_field():
    UserFactory(email="alice@example.org")

    answer = merchant().post(reverse("admin:accounts_user_add"), {"email": "Alice@example.org", "language": ""})

    found = errors(answer)
    assert list(found) == ["email"]
    assert "accounts_user" not in text_of(answer)
    assert User.objects.filter(email="alice@example.org").count() == 1


@pytest.mark.django_db
def test_two_prices_from_one_quantity_are_told_without_a_name_of_the_code():
    client, entry = merchant(), EntryFactory()
    page = reverse("admin:catalog_entry_change", args=[entry.pk])
    sent = controls(client.get(page))
    sent |= {"tiers-TOTAL_FORMS": "2", "tiers-1-id": "", "tiers-1-from_quantity": "1", "tiers-1-unit_net": "9,50"}

    answer = client.post(page, sent)

    said = text_of(answer)
    assert "There is a price from this quantity already." in said
    assert "from_quantity, which" not in said
    assert "data for from_quantity" not in said


@pytest.mark.django_db
def test_an_error_of_the_database_itself_is_told_in_words(monkeypatch):
    client, seller = merchant(), ShopIdentity.current()
    page = reverse("admin:shop_shopidentity_change", args=[seller.pk])
    sent = controls(client.get(page), "shopidentity_form")

    def break_it(**_seller):
        ShopIdentity.objects.update(deferred_days=0)

    monkeypatch.setattr("shop.seller.admin.seller.save_seller", break_it)
    answer = client.post(page, sent)

    assert answer.status_code == 200
    assert "shop_identity" not in " ".join(answer.context["adminform"].form.non_field_errors())
    assert answer.context["adminform"].form.errors

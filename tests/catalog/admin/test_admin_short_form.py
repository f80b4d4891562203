"""A new entry by the short form: few values, the rest proposed or by default."""

import pytest

from catalog.models.categories import Category
from catalog.models.entries import Entry, EntryState
from catalog.models.taxes import Tax
from catalog.services.proposals import proposed_code, proposed_slug
from handlers.registry import get_handler
from tests.factories.accounts import UserFactory
from tests.factories.catalog import CategoryFactory, EntryFactory, TaxFactory
from tests.factories.enrolments import CourseFactory
from tests.shop.merchants import browser_of

pytestmark = pytest.mark.django_db
NEW = "/admin/catalog/entry/new/"
ENROL = "std_enroloncourse"


@pytest.fixture
def client():
    return browser_of(UserFactory(is_staff=True, is_superuser=True))


def typed(**values):
    handler = values.get("handler", "")
    return {"name": "Sécurité au travail", "unit_net": "80", "handler": "", "handler_shown": handler, **values}


def test_a_first_entry_of_an_empty_shop(client):
    client.post(NEW, typed(new_category="Sécurité", tax_rate="20", sell=""))
    entry = Entry.objects.get()
    assert (entry.code, entry.name_en, entry.state) == ("SECURITE-AU-TRAVAIL", "Sécurité au travail", "available")
    assert (entry.category.slug, entry.category.name_en) == ("securite", "Sécurité")
    assert (entry.tax.rate, entry.tax.name_en) == (20, "VAT 20%")
    assert [(tier.from_quantity, tier.unit_net) for tier in entry.tiers.all()] == [(1, 80)]


def test_tax_most_used_is_preselected(client):
    TaxFactory()
    used = EntryFactory().tax
    assert client.get(NEW).context["form"]["tax"].value() == used.pk


def test_a_handler_asks_for_what_it_requires_and_the_rest_is_by_default(client):
    category, tax = CategoryFactory(), TaxFactory()
    CourseFactory(short_name="SEC-1")
    base = typed(category=category.pk, tax=tax.pk, handler=ENROL, draft="")
    asked = client.post(NEW, {**base, "handler_shown": ""})
    assert not Entry.objects.exists()
    assert [field.name for field in asked.context["parts"].of_handler] == ["parameter_coursename"]
    assert not asked.context["form"].errors
    assert asked.context["form"]["name"].value() == "Sécurité au travail"
    missing = client.post(NEW, base)
    assert "parameter_coursename" in missing.context["form"].errors
    client.post(NEW, {**base, "parameter_coursename": "SEC-1"})
    entry = Entry.objects.get()
    assert (entry.handler, entry.state) == (ENROL, EntryState.DRAFT)
    assert entry.parameters == get_handler(ENROL).MerchantForm.default_parameters() | {"coursename": "SEC-1"}


def test_a_parameter_that_two_handlers_share_is_kept_on_switching(client):
    form = typed(handler="std_setuponecoursesession", handler_shown=ENROL, parameter_coursename="SEC-1")
    asked = client.post(NEW, form)
    assert asked.context["form"]["parameter_coursename"].value() == "SEC-1"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"unit_net": "x"}, "unit_net"),
        ({"new_category": ""}, "new_category"),
        ({"tax_rate": "101"}, "tax_rate"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_written(client, wrong, field):
    answer = client.post(NEW, {**typed(new_category="X", tax_rate="20", sell=""), **wrong})
    assert list(answer.context["form"].errors) == [field]
    assert (Entry.objects.count(), Category.objects.count(), Tax.objects.count()) == (0, 0, 0)


def test_codes_and_addresses_that_are_taken_get_a_number():
    EntryFactory(code="Sante")
    CategoryFactory(slug="sante")
    assert (proposed_code("Santé"), proposed_slug("Santé")) == ("SANTE-2", "sante-2")
    assert (proposed_code("安全"), proposed_slug("安全")) == ("ENTRY", "category")
    assert len(proposed_code("x" * 300)) == 64


def test_an_address_left_blank_is_made_from_the_name(client):
    client.post("/admin/catalog/category/add/", {"slug": "", "name_fr": "Fire safety", "position": 0})
    assert Category.objects.get().slug == "fire-safety"

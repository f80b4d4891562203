"""The category tree and the taxes in the admin."""

import pytest
from django.urls import reverse

from catalog.models.categories import Category
from catalog.models.taxes import Tax
from tests.catalog.admin_pages import errors, merchant
from tests.factories.catalog import CategoryFactory, EntryFactory, TaxFactory
from tests.made_from import noted

pytestmark = pytest.mark.django_db

LIST = "/admin/catalog/category/"


def change(category: Category) -> str:
    return reverse("admin:catalog_category_change", args=[category.pk])


def typed(category: Category | None = None, **changes: object) -> dict[str, object]:
    return {
        "parent": (category and category.parent_id) or "",
        "slug": category.slug if category else "new",
        "position": "0",
        "name_en": "Name",
        "name_fr": "Nom",
        "description_en": "",
        "description_fr": "",
        **changes,
    }


def test_the_list_is_the_tree():
    safety = CategoryFactory(slug="safety", position=2)
    fire = CategoryFactory(slug="fire", parent=safety)
    CategoryFactory(slug="drill", parent=fire)
    CategoryFactory(slug="office", position=1)
    EntryFactory(category=fire)

    response = merchant().get(LIST)

    assert [category.slug for category in response.context["cl"].result_list] == ["office", "safety", "fire", "drill"]
    assert [(category.depth, category.entry_count) for category in response.context["cl"].result_list] == [
        (0, 0),
        (0, 0),
        (1, 1),
        (2, 0),
    ]


def test_the_list_costs_the_same_for_many(django_assert_max_num_queries):
    client = merchant()
    top = CategoryFactory()
    CategoryFactory.create_batch(30, parent=top)

    with django_assert_max_num_queries(8):
        assert client.get(LIST).status_code == 200


@pytest.mark.parametrize("query", ["q=%00", "q=sh", "o=1", "o=-4.2", "e=1"])
def test_no_query_of_the_list_breaks_it(query):
    CategoryFactory()

    assert merchant().get(f"{LIST}?{query}", follow=True).status_code == 200


def test_a_category_is_added_inside_another():
    parent = CategoryFactory()

    response = merchant().post(f"{LIST}add/", typed(parent=parent.pk))

    assert response.status_code == 302
    assert Category.objects.get(slug="new").parent == parent


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_loop_is_refused_at_the_field(language):
    top = CategoryFactory()
    middle = CategoryFactory(parent=top)
    bottom = CategoryFactory(parent=middle)

    for parent in (top, middle, bottom):
        response = merchant(language).post(change(top), noted(merchant(), change(top), typed(top, parent=parent.pk)))
        assert list(response.context["adminform"].form.errors) == ["parent"]
    assert Category.objects.get(pk=top.pk).parent is None


def test_a_tree_has_six_levels_at_most():
    branch = [CategoryFactory()]
    for _ in range(4):
        branch.append(CategoryFactory(parent=branch[-1]))
    twig = CategoryFactory(parent=CategoryFactory())

    accepted = merchant().post(change(twig), noted(merchant(), change(twig), typed(twig, parent=branch[-1].pk)))
    refused = merchant().post(
        change(twig.parent), noted(merchant(), change(twig.parent), typed(twig.parent, parent=branch[-1].pk))
    )

    assert accepted.status_code == 302
    twig.refresh_from_db()
    assert twig.parent == branch[-1]
    assert refused.status_code == 302  # its only child was moved away
    deeper = CategoryFactory(parent=CategoryFactory())
    response = merchant().post(
        change(deeper.parent), noted(merchant(), change(deeper.parent), typed(deeper.parent, parent=branch[-1].pk))
    )
    assert list(response.context["adminform"].form.errors) == ["parent"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"slug": "été"}, "slug"),
        ({"slug": "no blanks"}, "slug"),
        ({"slug": "taken"}, "slug"),
        ({"position": "-1"}, "position"),
        ({"name_fr": ""}, "name_fr"),
        ({"parent": "999999"}, "parent"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(changes, field):
    CategoryFactory(slug="taken")

    response = merchant().post(f"{LIST}add/", typed(**changes))

    assert list(errors(response)) == [field]


def test_a_category_with_entries_is_not_deleted():
    category = EntryFactory().category

    response = merchant().post(reverse("admin:catalog_category_delete", args=[category.pk]), {"post": "yes"})

    assert response.status_code in (200, 302)
    assert Category.objects.filter(pk=category.pk).exists()


@pytest.mark.parametrize("rate", ["-1", "100.01", "5.555", "NaN", ""])
def test_a_rate_that_cannot_be_is_told_at_its_field(rate):
    response = merchant().post(
        "/admin/catalog/tax/add/", {"name_en": "VAT", "name_fr": "TVA", "kind": "standard", "rate": rate}
    )

    assert list(errors(response)) == ["rate"]


def test_taxes_are_listed_with_their_use():
    tax = TaxFactory()
    EntryFactory(tax=tax)

    response = merchant().get("/admin/catalog/tax/")

    assert [(row.pk, row.entry_count) for row in response.context["cl"].result_list] == [(tax.pk, 1)]
    assert Tax.objects.count() == 1

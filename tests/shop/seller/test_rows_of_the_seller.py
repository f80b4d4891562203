"""Bounds of the seller's details, and the life of a legal text, column by column."""

from datetime import timedelta

import pytest
from django.utils import timezone, translation

from shop.seller.legal_texts import TextIsEmpty, TextIsPublished, discard_text, publish_text, save_text, start_version
from shop.seller.models import LegalText, ShopIdentity
from shop.seller.services import SellerRefused, save_seller, tidy_seller

pytestmark = pytest.mark.django_db
NOW = timezone.now()
MOST = {"immediate_minutes": 10_080, "deferred_days": 365, "undecided_minutes": 10_080, "zero_total_hours": 720}


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def seller(**columns) -> ShopIdentity:
    return ShopIdentity(**({"name": "Formations du Rhône", "country": "FR"} | columns))


@pytest.mark.parametrize(("field", "most"), MOST.items())
def test_an_unpaid_time_lasts_from_one_to_its_most(field, most):
    for fine in (1, most):
        assert tidy_seller(seller(**{field: fine})) == {}
    for wrong in (0, most + 1):
        errors = tidy_seller(seller(**{field: wrong}))
        assert {name: str(error) for name, error in errors.items()} == {
            field: f"A whole number from 1 to {most}.",
        }  # fmt: skip


@pytest.mark.parametrize(("share", "is_fine"), [(-1, False), (0, True), (100, True), (101, False)])
def test_the_share_of_unproved_orders_is_a_percentage(share, is_fine):
    assert (tidy_seller(seller(unproved_share=share)) == {}) is is_fine


def test_numbers_are_written_the_usual_way():
    typed = seller(
        siret="73282932000074", vat_number="fr 44 732 829 320", iban="fr7630006000011234567890189", bic="agrifrpp"
    )  # fmt: skip

    assert tidy_seller(typed) == {}

    assert (typed.siret, typed.vat_number) == ("732 829 320 00074", "FR44732829320")
    assert (typed.iban, typed.bic) == ("FR76 3000 6000 0112 3456 7890 189", "AGRIFRPP")


def test_what_is_empty_stays_so_and_another_countrys_number_as_typed():
    empty, foreign = seller(), seller(country="BE", siret=" 0403.019.261 ")

    assert tidy_seller(empty) == tidy_seller(foreign) == {}

    assert (empty.siret, empty.vat_number, empty.iban, empty.bic) == ("", "", "", "")
    assert foreign.siret == "0403.019.261"


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("siret", "73282932000075", "not a valid SIRET"),
        ("vat_number", "FR44732829321", "not a valid VAT number"),
        ("iban", "FR7630006000011234567890188", "not a valid IBAN"),
        ("bic", "AGRI", "not a valid BIC"),
    ],
)
def test_a_number_that_cannot_be_right_is_said_at_its_field_and_nothing_is_written(field, typed, says):
    with pytest.raises(SellerRefused) as refused:
        save_seller(seller=seller(**{field: typed}))

    assert list(refused.value.errors) == [field]
    assert says in str(refused.value.errors[field])
    assert not ShopIdentity.objects.exists()


def test_there_is_one_seller_whoever_is_saved():
    save_seller(seller=seller())
    save_seller(seller=seller(name="Ateliers"))

    assert ShopIdentity.objects.values_list("pk", "name").get() == (1, "Ateliers")


# --- Legal texts ---


def test_a_version_is_drafted_published_and_followed_by_a_copy():
    first = start_version(kind="terms")
    assert (first.kind, first.version, first.body_fr, first.body_en, first.published_at) == ("terms", 1, "", "", None)
    assert start_version(kind="terms") == first
    assert start_version(kind="privacy").version == 1

    save_text(text_id=first.pk, bodies={"fr": " Texte\r\nsuite \n", "xx": "Nothing"})
    with pytest.raises(LegalText.DoesNotExist):
        publish_text(text_id=0, now=NOW)
    assert publish_text(text_id=first.pk, now=NOW).published_at == NOW
    assert publish_text(text_id=first.pk, now=NOW + timedelta(days=1)).published_at == NOW

    first.refresh_from_db()
    assert (first.body_fr, first.published_at) == ("Texte\nsuite", NOW)
    second = start_version(kind="terms")
    assert (second.version, second.body_fr, second.body_en, second.published_at) == (2, "Texte\nsuite", "", None)


def test_what_is_published_stays_and_a_draft_may_go():
    published = start_version(kind="terms")
    save_text(text_id=published.pk, bodies={"fr": "Texte", "en": "Text"})
    save_text(text_id=published.pk, bodies={"en": "Words"})
    publish_text(text_id=published.pk, now=NOW)

    with pytest.raises(TextIsPublished):
        save_text(text_id=published.pk, bodies={"fr": "Autre"})
    with pytest.raises(TextIsPublished):
        discard_text(text_id=published.pk)
    draft = start_version(kind="terms")
    discard_text(text_id=draft.pk)

    assert LegalText.objects.values_list("pk", "body_fr", "body_en").get() == (published.pk, "Texte", "Words")


@pytest.mark.parametrize("bodies", [{}, {"en": "Text"}, {"fr": " \n "}])
def test_a_text_is_published_in_the_shops_own_language_at_least(bodies):
    draft = start_version(kind="terms")
    save_text(text_id=draft.pk, bodies=bodies)

    with pytest.raises(TextIsEmpty):
        publish_text(text_id=draft.pk, now=NOW)

    assert LegalText.objects.get().published_at is None

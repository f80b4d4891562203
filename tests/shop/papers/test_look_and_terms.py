"""Look and terms of papers: the seller's where they are given, else the usual ones; seen beforehand in a sample."""

from __future__ import annotations

import io

import pikepdf
import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from PIL import Image

from documents.invoices.values import Invoice, from_data
from documents.issued.models import Document
from documents.pictures.models import Picture
from shop.papers.preview import sample_pdf
from shop.papers.tasks import issue_invoices_after_service
from shop.seller.admin.seller import ShopIdentityForm
from shop.seller.models import ShopIdentity
from shop.seller.services import SellerRefused, save_seller
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.merchants import browser_of, staff
from tests.shop.papers.given import SIRET

pytestmark = pytest.mark.django_db


def png() -> ContentFile[bytes]:
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "#103050").save(out, format="PNG")
    return ContentFile(out.getvalue(), name="logo.png")


def given(seller: ShopIdentity, **values: object) -> ShopIdentity:
    for name, value in values.items():
        setattr(seller, name, value)
    return save_seller(seller=seller)


def issued(**details: object) -> Invoice:
    pay(place(make_cart(EntryFactory()), **({"register_number": SIRET} | details)))
    return from_data(Document.objects.get().data)


def test_an_invoice_has_the_sellers_look_and_words_in_its_language(seller):
    given(
        seller, accent="#103050", footer_en="Open on weekdays", footer_fr="Ouvert en semaine",
        penalties_en="Late payment penalties: 12 % a year", discount_en="1 % within 8 days", logo=png(),
    )  # fmt: skip
    invoice = issued()

    assert (invoice.look.accent, invoice.look.footer) == ("#103050", "Open on weekdays")
    assert Picture.objects.get().digest == invoice.look.logo
    assert (invoice.terms.penalties, invoice.terms.discount) == (
        "Late payment penalties: 12 % a year", "1 % within 8 days",
    )  # fmt: skip
    assert "€40" in invoice.terms.recovery


def test_without_words_of_the_seller_those_of_the_law_stand(seller):
    terms = issued().terms

    assert terms.penalties == "Late payment penalties: three times the legal interest rate"
    assert terms.discount == "No discount for early payment"


def test_terms_of_payment_stand_only_where_something_is_owed(seller):
    given(seller, payment_terms_en="By transfer alone")

    assert "By transfer alone" not in issued().notes


def test_a_colour_too_light_and_one_that_is_none_are_refused(seller):
    seller.accent = "#FFEE00"
    with pytest.raises(SellerRefused) as refused:
        save_seller(seller=seller)
    assert list(refused.value.errors) == ["accent"]
    assert "accent" in ShopIdentityForm({"accent": "red"}, instance=seller).errors


def test_a_logo_taken_away_leaves_the_papers(seller):
    given(seller, logo=png())
    assert seller.papers_logo
    given(seller, logo="")
    assert ShopIdentity.current().papers_logo == ""


def test_a_logo_of_before_reaches_the_papers_by_the_hourly_job(seller):
    given(seller, logo=png())
    kept = ShopIdentity.current().papers_logo
    ShopIdentity.objects.update(papers_logo="")

    issue_invoices_after_service()

    assert ShopIdentity.current().papers_logo == kept
    ShopIdentity.objects.update(papers_logo="", logo="gone.png")
    issue_invoices_after_service()
    assert ShopIdentity.current().papers_logo == ""


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_sample_is_a_pdf_without_number_and_without_an_invoice_in_it(seller, language):
    given(seller, logo=png())
    client = browser_of(staff("shop.view_shopidentity"))
    answer = client.get(reverse("admin:shop_shopidentity_preview", args=[language]))

    assert answer["Content-Type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert not pdf.attachments
        assert str(pdf.Root.Lang) == language
    assert not Document.objects.exists()


def test_the_sample_of_a_seller_without_anything_is_made_all_the_same(db):
    assert sample_pdf(ShopIdentity(pk=1), language="fr", day=UserFactory().date_joined.date()).startswith(b"%PDF-")


def test_the_sample_is_for_who_may_see_the_seller(seller):
    for person, status in ((staff(), 403), (staff("shop.view_shopidentity"), 404)):
        answer = browser_of(person).get(reverse("admin:shop_shopidentity_preview", args=["de"]))
        assert answer.status_code == status

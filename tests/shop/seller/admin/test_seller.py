"""The one page for the seller's details."""

from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from shop.seller.models import ShopIdentity
from shop.seller.services import SellerRefused, save_seller
from tests.made_from import noted
from tests.shop.admin_pages import text_of, told
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db

LIST = "/admin/shop/shopidentity/"
PAGE = "/admin/shop/shopidentity/1/change/"

TYPED = {
    "name": "Formations du Rhône",
    "street": "12 rue des Lilas",
    "postal_code": "69003",
    "city": "Lyon",
    "country": "FR",
    "siret": "73282932000074",
    "vat_number": "fr 44 732 829 320",
    "bank_name": "Banque",
    "iban": "fr7630006000011234567890189",
    "bic": "agrifrpp",
    "sales_email": "",
    "support_email": "aide@example.org",
    "legal_line": "SAS, RCS Lyon 732 829 320",
    "activity_number": "",
    "immediate_minutes": "60",
    "deferred_days": "14",
    "undecided_minutes": "60",
    "zero_total_hours": "24",
    "unproved_share": "25",
    "prices_include_tax": "False",
    "vat_id_rule": "trust",
    "reminder_before_days": "7",
    "reminder_first_days": "3",
    "reminder_second_days": "15",
    "reminder_last_days": "30",
}


def save(client, **changes):
    return client.post(PAGE, noted(client, PAGE, {**TYPED, **changes}))


def errors(response):
    assert response.status_code == 200
    return list(response.context["adminform"].form.errors)


def picture(kind="PNG", size=(40, 20)) -> bytes:
    written = BytesIO()
    Image.new("RGB", size, "teal").save(written, kind)
    return written.getvalue()


def upload(content: bytes, name="logo.png"):
    return SimpleUploadedFile(name, content, content_type="image/png")


def test_there_is_one_page_and_no_list(client):
    assert client.get(LIST)["Location"] == PAGE
    assert client.get("/admin/shop/shopidentity/2/change/").status_code == 302
    assert client.get("/admin/shop/shopidentity/add/").status_code == 403
    assert client.post("/admin/shop/shopidentity/1/delete/", {"post": "yes"}).status_code == 403


def test_looking_writes_nothing(client):
    assert client.get(PAGE).status_code == 200
    assert not ShopIdentity.objects.exists()


def test_a_notice_names_what_is_missing(client):
    text = text_of(client.get(PAGE))
    assert "The shop must still tell its customers:" in text
    of_invoices = "SIRET, VAT number, legal form, capital and register, IBAN"
    assert f"Seller – name, street, postal code, city, {of_invoices}, support address" in text
    assert "Legal texts – terms of sale, legal notice, privacy, right of withdrawal" in text
    save(client)
    text = text_of(client.get(PAGE))
    assert "Seller –" not in text
    assert "Legal texts –" in text


def test_is_saved_with_its_numbers_written_the_usual_way(client):
    response = save(client)
    assert response.status_code == 302
    seller = ShopIdentity.objects.get()
    assert seller.pk == 1
    assert seller.siret == "732 829 320 00074"
    assert seller.vat_number == "FR44732829320"
    assert seller.iban == "FR76 3000 6000 0112 3456 7890 189"
    assert seller.bic == "AGRIFRPP"


def test_saving_again_changes_the_same_row(client):
    save(client)
    save(client, name="Autre nom")
    assert list(ShopIdentity.objects.values_list("pk", "name")) == [(1, "Autre nom")]


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("siret", "73282932000075"),
        ("siret", "abc"),
        ("vat_number", "FR00000000000"),
        ("iban", "FR7630006000011234567890188"),
        ("bic", "AGRI"),
        ("support_email", "nobody"),
        ("immediate_minutes", "0"),
        ("immediate_minutes", "-5"),
        ("immediate_minutes", "10081"),
        ("deferred_days", "2147483647"),
        ("deferred_days", "1e9"),
        ("zero_total_hours", ""),
        ("unproved_share", "101"),
        ("country", "XX"),
        ("name", "x" * 121),
        ("name", "a\0b"),
    ],
)
def test_what_cannot_be_right_is_an_error_at_its_field(client, field, typed):
    response = save(client, **{field: typed})
    assert errors(response) == [field]
    assert not ShopIdentity.objects.exists()
    # Nothing else that was typed is lost.
    assert "12 rue des Lilas" in response.content.decode()


def test_a_shop_elsewhere_keeps_its_registration_number(client):
    save(client, country="BE", siret="0403.019.261", vat_number="BE0403019261")
    assert ShopIdentity.objects.get().siret == "0403.019.261"


class TestLogo:
    def test_is_written_anew(self, client):
        save(client, logo=upload(picture()))
        logo = ShopIdentity.objects.get().logo
        assert logo.name.startswith("identity/")
        assert logo.name.endswith(".webp")
        with Image.open(logo) as written:
            assert (written.format, written.size) == ("WEBP", (40, 20))

    @pytest.mark.parametrize(
        "content", [b"", b"<svg onload=alert(1)>", b"GIF89a" + b"\0" * 40, picture("BMP"), picture()[:60]]
    )
    def test_that_is_no_picture_is_an_error_at_its_field(self, client, content):
        assert errors(save(client, logo=upload(content))) == ["logo"]
        assert not ShopIdentity.objects.exists()

    def test_stays_when_nothing_is_uploaded(self, client):
        save(client, logo=upload(picture()))
        before = ShopIdentity.objects.get().logo.name
        save(client)
        assert ShopIdentity.objects.get().logo.name == before

    @pytest.mark.parametrize("change", [{"logo-clear": "on"}, {"logo": None}])
    def test_takes_the_old_file_away(self, client, change, django_capture_on_commit_callbacks):
        save(client, logo=upload(picture()))
        old = ShopIdentity.objects.get().logo
        change = {"logo": upload(picture("JPEG", (10, 10)))} if "logo" in change else change
        with django_capture_on_commit_callbacks(execute=True):
            save(client, **change)
        assert not old.storage.exists(old.name)


def test_whoever_may_only_look_changes_nothing(merchant):
    client = browser_of(staff("shop.view_shopidentity"))
    assert client.get(PAGE).status_code == 200
    assert save(client).status_code == 403
    assert not ShopIdentity.objects.exists()


def test_the_service_refuses_what_the_form_would(db):
    with pytest.raises(SellerRefused) as refused:
        save_seller(seller=ShopIdentity(iban="FR00", deferred_days=0))
    assert set(refused.value.errors) == {"iban", "deferred_days"}
    with pytest.raises(SellerRefused) as refused:
        save_seller(seller=ShopIdentity(logo=ContentFile(b"no picture", name="x.png")))
    assert set(refused.value.errors) == {"logo"}
    assert not ShopIdentity.objects.exists()


def test_says_so_when_saved(client):
    response = client.post(PAGE, noted(client, PAGE, TYPED), follow=True)
    assert told(response)[0][0] == "success"

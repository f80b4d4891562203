"""The frame around every page, and content that no page may have."""

import re

import pytest
from django.utils import timezone

from shop.seller.models import LegalText, ShopIdentity
from tests.factories.accounts import UserFactory
from tests.factories.shop import make_cart, place
from tests.shop.steps import put_in_cart, signed_in, type_details

pytestmark = pytest.mark.django_db

INLINE = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:|hx-on", re.IGNORECASE)


def test_no_page_carries_inline_script_or_style(visitor, entry, entry_with_forms):
    order = place(make_cart(entry))
    put_in_cart(visitor, entry, 2)
    put_in_cart(visitor, entry_with_forms, 2)
    type_details(visitor)
    for address in ("/", "/?q=x", "/e/CHAIR/", "/cart/", "/checkout/units/", f"/orders/{order.token}/", "/nope/"):
        answer = visitor.get(address)
        assert not INLINE.search(answer.content.decode()), address
        assert "'unsafe-" not in answer.headers["Content-Security-Policy"]


def test_every_page_can_be_read_by_a_screen_reader_from_its_landmarks(visitor, entry):
    page = visitor.get("/").content.decode()
    assert '<a class="skip-link" href="#content">' in page
    for part in ("<header", '<main id="content"', "<footer", 'role="search"', '<html lang="en">'):
        assert page.count(part) == 1, part


def test_the_language_is_switched_by_a_form_and_kept(visitor, entry):
    answer = visitor.post("/i18n/setlang/", {"language": "fr", "next": "/e/CHAIR/"})
    assert answer.url == "/e/CHAIR/"
    assert '<html lang="fr">' in visitor.get("/e/CHAIR/").content.decode()


def test_the_cart_is_counted_in_the_frame(visitor, entry, entry_with_forms):
    assert visitor.get("/").context["site"].cart_count == 0
    put_in_cart(visitor, entry, 5)
    put_in_cart(visitor, entry_with_forms, 5)
    assert visitor.get("/").context["site"].cart_count == 2


def test_the_seller_is_named_at_the_foot(visitor):
    ShopIdentity.objects.update_or_create(
        pk=1, defaults={"name": "Forma Plus", "street": "1 rue X", "support_email": "help@forma.example"}
    )
    page = visitor.get("/").content.decode()
    assert "<title>Training seats · Forma Plus</title>" in re.sub(r"\s+", " ", page)
    assert "help@forma.example" in page


def test_the_menu_knows_who_is_signed_in(visitor):
    assert 'href="/auth/login/' in visitor.get("/").content.decode()
    user = UserFactory(email="alice@example.org")
    page = signed_in(user).get("/").content.decode()
    assert "alice@example.org" in page
    assert 'action="/auth/logout/" method="post"' in page
    assert "/admin/" not in page
    assert "/admin/" in signed_in(UserFactory(is_staff=True)).get("/").content.decode()


@pytest.mark.parametrize("kind", ["terms", "notice", "privacy"])
def test_a_legal_text_shows_the_version_in_force_and_older_ones(visitor, kind):
    assert "has not been published yet" in visitor.get(f"/legal/{kind}/").content.decode()
    for version in (1, 2):
        LegalText.objects.create(kind=kind, version=version, body_en=f"Text {version}", published_at=timezone.now())
    LegalText.objects.create(kind=kind, version=3, body_en="Text 3")
    assert "Text 2" in visitor.get(f"/legal/{kind}/").content.decode()
    assert "Text 1" in visitor.get(f"/legal/{kind}/?version=1").content.decode()


@pytest.mark.parametrize("version", ["3", "0", "-1", "abc", "١", "9" * 30])
def test_a_version_that_was_never_published_does_not_exist(visitor, version):
    LegalText.objects.create(kind="terms", version=3, body_en="Draft")
    assert visitor.get("/legal/terms/", {"version": version}).status_code == 404


def test_an_unknown_legal_text_does_not_exist(visitor):
    assert visitor.get("/legal/secrets/").status_code == 404


def test_a_missing_page_says_so_in_the_shops_frame(visitor):
    answer = visitor.get("/nope/")
    assert answer.status_code == 404
    assert "This page does not exist" in answer.content.decode()


@pytest.mark.parametrize("name", ["500.html", "503.html"])
def test_the_pages_of_last_resort_need_no_context(name):
    from django.template.loader import render_to_string

    assert "<h1>" in render_to_string(name)

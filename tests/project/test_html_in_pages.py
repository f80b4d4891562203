"""HTML in the shop's pages is either written by us or was cleaned."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from catalog.models.entries import Entry
from common.floors import FLOORS
from tests.catalog.admin_pages import change_url, merchant, shown
from tests.factories.catalog import EntryFactory
from tests.shop.steps import english_client

# File and the HTML shown there without escaping. A new line here needs a reason as good as these.
UNESCAPED = {
    ("shop/pages/templates/pages/entry.html", "entry.description|safe"),  # cleaned by save_entry
    ("templates/forms/field.html", "field.help_text|safe"),  # written by us, as Django's own form templates have it
    ("shop/checkout/templates/checkout/units_table.html", "field.help_text|safe"),  # likewise
    ("shop/templatetags/layout.py", "mark_safe"),  # a part of the page as its template wrote it
    ("accounts/members/admin.py", "mark_safe"),  # what templates wrote, which escaped it
    ("enrolments/joining/desk_views.py", "mark_safe"),  # a picture made of a text's bits
    ("common/countries.py", "mark_safe"),  # options that were escaped one by one
    ("common/admin/display.py", "mark_safe"),  # what a template wrote, which escaped it
}


def test_nothing_else_is_shown_without_escaping():
    found = set()
    for folder in ("templates", *FLOORS):
        for file in Path(settings.BASE_DIR, folder).rglob("*"):
            if file.suffix in (".html", ".txt", ".py"):
                matches = re.findall(r"[\w.]+\s*\|\s*safe\b|mark_safe|autoescape off|SafeString\(", file.read_text())
                found |= {(str(file.relative_to(settings.BASE_DIR)), match) for match in matches}
    # Text mails switch escaping off: they hold no HTML.
    found = {(file, match) for file, match in found if not (file.endswith(".txt") and match == "autoescape off")}
    assert found == UNESCAPED


def test_no_form_says_an_amount_in_the_words_of_a_language():
    """An amount that a form hands back is compared as text or number: `120,00` would be another in French."""
    hidden = re.compile(r'type="hidden"[^>]*value="{{ *([^}]*) *}}"')
    amount = re.compile(r"(?:^|[._])(?:amount|gross|limit|rest|left|total|back|together)(?:\||$)")
    found = {
        (str(file.relative_to(settings.BASE_DIR)), match)
        for folder in ("templates", *FLOORS)
        for file in Path(settings.BASE_DIR, folder).rglob("*.html")
        for match in map(str.strip, hidden.findall(file.read_text()))
        if amount.search(match) and "unlocalize" not in match
    }
    # What was typed, as it was typed.
    assert found == {("shop/orders/templates/orders/admin/give_back_confirm.html", 'form.data.amount|default:""')}


@pytest.mark.django_db
def test_a_description_is_cleaned_on_its_way_into_the_shop():
    client, entry = merchant("en"), EntryFactory()
    typed = (
        "<p onclick='x()'>Fire <script>alert(1)</script><b>safety</b></p>"
        "<a href='javascript:alert(1)'>no</a><a href='https://example.org'>yes</a>"
        "<h1>Title</h1><iframe src='//x'></iframe>"
    )

    client.post(change_url(entry), shown(client, entry) | {"description_en": typed, "description_fr": typed})

    stored = Entry.objects.get(pk=entry.pk)
    for text in (stored.description_en, stored.description_fr):
        assert text == (
            '<p>Fire <b>safety</b></p><a rel="noopener noreferrer nofollow">no</a>'
            '<a href="https://example.org" rel="noopener noreferrer nofollow">yes</a><h3>Title</h3>'
        )
    assert stored.description_en in english_client().get(f"/e/{entry.code}/").content.decode()

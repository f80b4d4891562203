"""Cleaning a merchant's HTML again leaves it unchanged."""

import pytest

from catalog.html import clean_html, plain_text


@pytest.mark.parametrize("html", ["\ufeff<p>Text</p>", "<a@example.org>\ufeff</script>\0", "<p>a\ufeffb</p>"])
def test_byte_order_marks_are_no_text(html):
    cleaned = clean_html(html)

    assert "\ufeff" not in cleaned
    assert clean_html(cleaned) == cleaned


@pytest.mark.parametrize(
    "html",
    [
        "o<h2>a<table><h2>b",
        "<h3>a<a href='x'><table>b<h2>c<a>d<h3></a>",
    ],
)
def test_what_a_browser_moves_is_cleaned_until_it_stays(html):
    cleaned = clean_html(html)

    assert clean_html(cleaned) == cleaned
    assert sorted(plain_text(cleaned).split()) == sorted(plain_text(html).split())

"""What is left of a merchant's HTML is the same however often it is cleaned."""

import pytest

from catalog.html import clean_html


@pytest.mark.parametrize("html", ["\ufeff<p>Text</p>", "<a@example.org>\ufeff</script>\0", "<p>a\ufeffb</p>"])
def test_byte_order_marks_are_no_text(html):
    cleaned = clean_html(html)

    assert "\ufeff" not in cleaned
    assert clean_html(cleaned) == cleaned

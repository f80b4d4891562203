"""Descriptions: the HTML a merchant may write, and its plain text."""

import re
from html import unescape

import nh3

TAGS = {
    *("a", "b", "blockquote", "br", "div", "em", "h3", "h4", "hr", "i", "li", "ol", "p", "pre", "strong", "sub", "sup"),
    *("table", "tbody", "td", "th", "thead", "tr", "u", "ul"),
}
_first_headings = re.compile(r"<(/?)h[12](?=[\s>])", re.IGNORECASE)
# A million random texts settled after three.
ROUNDS_AT_MOST = 10


def clean_html(html: str) -> str:
    """Return ``html`` with its harmless tags and attributes alone; cleaning the result again changes nothing.

    Headings of the first two levels belong to the page, so such headings become those of the third. Links go to web,
    mail and telephone addresses only, and tell the other site nothing. Byte order marks are removed: at the beginning
    such a mark would not be read as text the next time.
    """
    for _round in range(ROUNDS_AT_MOST):
        # Wrongly nested tags are moved, like browsers do, and may be wrongly nested again at their new place.
        cleaned = _clean(html)
        if cleaned == html:
            break
        html = cleaned
    return html


def _clean(html: str) -> str:
    return nh3.clean(
        _first_headings.sub(r"<\1h3", html.replace("\ufeff", "")),
        tags=TAGS,
        attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    ).strip()


def plain_text(html: str) -> str:
    """Return the words of ``html`` without its tags."""
    return unescape(nh3.clean(html.replace("<", " <"), tags=set()))

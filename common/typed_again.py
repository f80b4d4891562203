"""Values typed into a form and carried over to another rendering of it.

A page in another language is rendered anew by a GET of its address; the values posted with the switch are put back into
its form, unchecked: nothing is saved and nothing is lost. Passwords, codes and files are never carried over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape, unescape
from html.parser import HTMLParser

SWITCH = "switch_language"
FORM_ID = "typed"
# Mark of a form whose consent belongs to the very words shown: in another language it is given again.
SHOWN_ANEW = "data-shown-anew"
TOKEN = "csrfmiddlewaretoken"  # noqa: S105  the name of the field, no token

_SECRET = re.compile(r"passw|secret|otp", re.IGNORECASE)
_SECRET_NAMES = {"code"}
_FORM = re.compile(r"<form\b[^>]*>", re.IGNORECASE)
_CONTROL = re.compile(r"<(?:input\b(?![^>]*\btype=\"(?:hidden|submit|button)\")|select\b|textarea\b)", re.IGNORECASE)
_BUTTON = re.compile(r"<button\b[^>]*>", re.IGNORECASE)
_UNTOUCHED = ("password", "file", "submit", "button", "image", "reset")


def is_carried(name: str, path: str) -> bool:
    """Tell whether a value posted to an address may be carried over: no token, password or code. A `code` is one on the
    pages of the sign-in; elsewhere it is the code of a catalogue entry."""
    return name != TOKEN and not _SECRET.search(name) and not (name in _SECRET_NAMES and path.startswith("/auth/"))


@dataclass(frozen=True)
class Marked:
    """Page with the form into which people type: its id, and name and value of the button that the Enter key presses;
    all "" if there is no such form."""

    page: str
    form_id: str = ""
    name: str = ""
    value: str = ""


def mark_form(page: str) -> Marked:
    """Find the form of a page into which people type; a form without an id gets one.

    It is a posted form marked `novalidate`, as all forms with fields are, and not SHOWN_ANEW; the one with most fields
    if there are several.
    """
    best, most, inside = None, 0, ""
    for match in _FORM.finditer(page):
        tag = match.group()
        if "novalidate" not in tag or 'method="post"' not in tag or SHOWN_ANEW in tag:
            continue
        content = page[match.end() : _end(page, match.end())]
        fields = len(_CONTROL.findall(content))
        if fields > most:
            best, most, inside = match, fields, content
    if best is None:
        return Marked(page)
    button = next((tag for tag in _BUTTON.findall(inside) if _part(tag, "type") in ("", "submit")), "")
    name, value = _part(button, "name"), _part(button, "value")
    if form_id := _part(best.group(), "id"):
        return Marked(page, form_id, name, value)
    return Marked(f'{page[: best.start()]}<form id="{FORM_ID}"{page[best.start() + 5 :]}', FORM_ID, name, value)


def _part(tag: str, name: str) -> str:
    """Return the value of an attribute, "" if the tag has none."""
    found = re.search(rf'\s{name}="([^"]*)"', tag)
    return unescape(found.group(1)) if found else ""


def fill_form(page: str, form_id: str, typed: Mapping[str, Sequence[str]]) -> str:
    """Return a page with the posted values put back into the form with this id."""
    start = next((match for match in _FORM.finditer(page) if f'id="{form_id}"' in match.group()), None)
    if not form_id or start is None:
        return page
    end = _end(page, start.end())
    filler = _Filler(typed)
    filler.feed(page[start.end() : end])
    filler.close()
    return page[: start.end()] + "".join(filler.out) + page[end:]


def _end(page: str, start: int) -> int:
    end = page.find("</form>", start)
    return len(page) if end < 0 else end


class _Filler(HTMLParser):
    """Copy of a form's HTML with other values in its controls."""

    def __init__(self, typed: Mapping[str, Sequence[str]]) -> None:
        super().__init__(convert_charrefs=False)
        self.typed = {name: list(values) for name, values in typed.items() if name not in (TOKEN, SWITCH)}
        self.left: dict[str, Iterator[str]] = {name: iter(values) for name, values in self.typed.items()}
        self.out: list[str] = []
        self.select: str | None = None
        self.is_skipping = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raw, values = self.get_starttag_text() or "", dict(attrs)
        name = values.get("name") or ""
        if tag == "select":
            self.select = name
        if tag == "input":
            raw = self._input(raw, values, name)
        elif tag == "option" and self.select is not None and self.select in self.typed:
            raw = _flag(raw, "selected", values.get("value", "") in self.typed[self.select])
        self.out.append(raw)
        if tag == "textarea" and name in self.typed:
            # A browser drops the first line break of a text area.
            self.out.append("\n" + escape(next(self.left[name], "")))
            self.is_skipping = True

    handle_startendtag = handle_starttag

    def _input(self, raw: str, values: dict[str, str | None], name: str) -> str:
        kind = (values.get("type") or "text").lower()
        if not name or name == TOKEN or kind in _UNTOUCHED or values.get("autocomplete") == "one-time-code":
            return raw
        if kind in ("checkbox", "radio"):
            return _flag(raw, "checked", (values.get("value") or "on") in self.typed.get(name, []))
        if name not in self.typed:
            return raw
        value = next(self.left[name], None)
        return raw if value is None else _with_value(raw, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self.select = None
        if tag == "textarea":
            self.is_skipping = False
        self.out.append(f"</{tag}>")

    def _copy(self, text: str) -> None:
        if not self.is_skipping:
            self.out.append(text)

    def handle_data(self, data: str) -> None:
        self._copy(data)

    def handle_entityref(self, name: str) -> None:
        self._copy(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._copy(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self._copy(f"<!--{data}-->")


def _flag(raw: str, flag: str, is_set: bool) -> str:
    bare = re.sub(rf"\s{flag}(?:=\"[^\"]*\")?(?=[\s/>])", "", raw)
    return _insert(bare, f" {flag}") if is_set else bare


def _with_value(raw: str, value: str) -> str:
    bare = re.sub(r"\svalue=\"[^\"]*\"", "", raw)
    return _insert(bare, f' value="{escape(value)}"')


def _insert(raw: str, attribute: str) -> str:
    head = raw[:-2] if raw.endswith("/>") else raw[:-1]
    return head.rstrip() + attribute + raw[len(head) :]

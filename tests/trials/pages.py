"""The shop's own pages and forms, found by walking through them as a browser would."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve


@dataclass
class PageForm:
    """Form of a page, as a browser would send it untouched."""

    action: str
    method: str
    is_multipart: bool
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


class PageReader(HTMLParser):
    """Reader of the links and forms of a page."""

    def __init__(self, here: str) -> None:
        super().__init__()
        self.here = here
        self.links: list[str] = []
        self.forms: list[PageForm] = []
        self._form: PageForm | None = None
        self._select = ""
        self._options: list[str] = []
        self._chosen: list[str] = []
        self._textarea: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        attrs = {name: value or "" for name, value in given}
        has = dict(given).__contains__
        if tag == "a" and attrs.get("href"):
            self.links.append(urljoin(self.here, attrs["href"]))
        elif tag == "form":
            method = attrs.get("method", "get").upper()
            self._form = PageForm(
                urljoin(self.here, attrs.get("action", "")), method, "multipart" in attrs.get("enctype", "")
            )
            self.forms.append(self._form)
        elif self._form is not None and tag in ("input", "button"):
            if attrs.get("formaction") and "form" not in attrs:
                # The same fields, sent elsewhere.
                self.forms.append(replace(self._form, action=urljoin(self.here, attrs["formaction"])))
            self._take_input(attrs, is_checked=has("checked"))
        elif self._form is not None and tag == "select":
            self._select, self._options, self._chosen = attrs.get("name", ""), [], []
        elif tag == "option" and self._select:
            self._options.append(attrs.get("value", ""))
            if has("selected"):
                self._chosen.append(attrs.get("value", ""))
        elif self._form is not None and tag == "textarea":
            self._textarea, self._text = attrs.get("name", ""), ""

    def _take_input(self, attrs: dict[str, str], *, is_checked: bool) -> None:
        assert self._form is not None
        name, value, kind = attrs.get("name", ""), attrs.get("value", ""), attrs.get("type", "text")
        if not name:
            return
        if kind == "file":
            self._form.files.append(name)
        elif kind in ("submit", "image", "button"):
            self._form.buttons.append((name, value))
        elif kind not in ("checkbox", "radio"):
            self._form.fields.append((name, value))
        elif is_checked:
            self._form.fields.append((name, value or "on"))
        else:
            # Not sent unless ticked, so kept among the buttons.
            self._form.buttons.append((name, value or "on"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select" and self._select and self._form is not None:
            chosen = self._chosen or self._options[:1]
            self._form.fields += [(self._select, value) for value in chosen]
            self._select = ""
        elif tag == "textarea" and self._textarea is not None and self._form is not None:
            self._form.fields.append((self._textarea, self._text))
            self._textarea = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            self._text += data


@dataclass
class Found:
    """Pages found by one person: addresses with their query, and forms of either method."""

    pages: list[str] = field(default_factory=list)
    forms: list[PageForm] = field(default_factory=list)


def routes(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Yield every pattern of the site with its whole route."""
    for each in (resolver or get_resolver()).url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route, each
        else:
            yield from routes(each, route)


def route_of(address: str) -> str:
    """Return the route of an address, "" for none."""
    try:
        return resolve(urlsplit(address).path).route
    except Resolver404:
        return ""


def walk(client: Client, start: list[str], *, pages_at_most: int, of_one_route: int) -> Found:
    """Follow links from the `start` addresses, breadth first, a few pages of each route."""
    found, seen = Found(), set(start)
    waiting, opened = list(start), Counter[str]()
    forms_seen: Counter[tuple[str, tuple[str, ...]]] = Counter()
    while waiting and len(found.pages) < pages_at_most:
        address = waiting.pop(0)
        route = route_of(address)
        if (not route and urlsplit(address).path != "/") or opened[route] >= of_one_route:
            continue
        opened[route] += 1
        response = client.get(address, follow=False)
        found.pages.append(address)
        if 300 <= response.status_code < 400:
            target = urljoin(address, response["Location"])
            links = [target]
        elif "html" in response.get("Content-Type", "") and response.status_code == 200:
            reader = PageReader(address)
            reader.feed(response.content.decode())
            links = reader.links
            for form in reader.forms:
                kind = (route_of(form.action), tuple(sorted({name for name, _value in form.fields + form.buttons})))
                if urlsplit(form.action).netloc in ("", "testserver") and forms_seen[kind] < of_one_route:
                    forms_seen[kind] += 1
                    found.forms.append(form)
        else:
            links = []
        for link in links:
            parts = urlsplit(link)
            if parts.scheme in ("", "http") and parts.netloc in ("", "testserver"):
                target = parts.path + (f"?{parts.query}" if parts.query else "")
                if target not in seen:
                    seen.add(target)
                    waiting.append(target)
    return found

"""Visitors over HTTP, on the loopback address only: one that fills in forms, and several that ask for one page."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urljoin, urlsplit

CONCURRENCY = 4
TIMEOUT = 60


def requests_a_second(base_url: str, path: str, *, seconds: float, headers: Mapping[str, str] | None = None) -> float:
    """Return the requests for a page answered per second to four visitors who ask again at once.

    Raise RuntimeError when an answer is not a page.
    """
    counts = [0] * CONCURRENCY
    failures: list[str] = []
    began = time.perf_counter()

    def ask(place: int) -> None:
        link = _connect(base_url)
        while time.perf_counter() - began < seconds:
            link.request("GET", path, headers=dict(headers or {}))
            answer = link.getresponse()
            answer.read()
            if answer.status != 200:
                failures.append(f"{path}: {answer.status}")
                break
            counts[place] += 1
        link.close()

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(CONCURRENCY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return sum(counts) / (time.perf_counter() - began)


@dataclass
class Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    """Reader of the posted forms of a page's main part with the values of their fields, buttons left out."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._in_main = False
        self._inside = False
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "main":
            self._in_main = True
        elif tag == "form":
            self._inside = self._in_main and given.get("method", "").lower() == "post"
            if self._inside:
                self.forms.append(Form(given.get("action", "")))
        elif self._inside and given.get("name") and tag in ("input", "textarea"):
            is_choice = given.get("type") in ("checkbox", "radio")
            if not is_choice or "checked" in given:
                self.forms[-1].fields[given["name"]] = given.get("value", "on" if is_choice else "")
        elif self._inside and tag == "select":
            self._select = given.get("name", "")
        elif self._inside and tag == "option" and self._select and "selected" in given:
            self.forms[-1].fields[self._select] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "main":
            self._in_main = False
        elif tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""


@dataclass
class Visitor:
    """A visitor with a browser that keeps cookies, follows redirects and fills in forms."""

    base_url: str
    url: str = "/"
    page: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    requests: int = 0

    def get(self, url: str) -> None:
        self._ask("GET", urljoin(self.url, url))

    def post(self, *, action: str = "", **changes: str) -> None:
        """Send the page's form (the one whose address ends with `action`) with its values and these changes."""
        form = next(form for form in self.forms() if form.action.endswith(action))
        body = urlencode(form.fields | changes)
        self._ask("POST", urljoin(self.url, form.action or self.url), body)

    def forms(self) -> list[Form]:
        parser = _Forms()
        parser.feed(self.page)
        return parser.forms

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _ask(self, method: str, url: str, body: str | None = None) -> None:
        for _redirect in range(5):
            headers = {"Cookie": self.cookie, "Referer": self.base_url + self.url, "Accept-Language": "en"}
            if body is not None:
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            # A connection for each request: the server closes one that was idle for a while.
            with closing(_connect(self.base_url)) as link:
                link.request(method, url, body, headers)
                answer = link.getresponse()
                self.page = answer.read().decode()
            self.requests += 1
            for line in answer.headers.get_all("Set-Cookie") or ():
                self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
            self.url = url
            if answer.status not in (301, 302, 303):
                break
            parts = urlsplit(urljoin(url, answer.headers["Location"]))
            method, body, url = "GET", None, parts.path + (f"?{parts.query}" if parts.query else "")
        if answer.status != 200:
            raise RuntimeError(f"{method} {url}: {answer.status}")


def _connect(base_url: str) -> http.client.HTTPConnection:
    parts = urlsplit(base_url)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT)

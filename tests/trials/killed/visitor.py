"""A visitor who buys over HTTP, without a browser, and times the answers."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from html import unescape
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, Request, build_opener

from tests.patience import PATIENCE_SECONDS

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


@dataclass(frozen=True)
class Page:
    status: int
    url: str
    body: str

    @property
    def path(self) -> str:
        return "/" + self.url.split("/", 3)[3]


@dataclass
class Visitor:
    """A visitor; `slowest` is the longest wait for an answer, redirections included, in seconds."""

    base_url: str
    slowest: float = 0.0
    pages: int = 0
    page: Page = field(default_factory=lambda: Page(0, "", ""))
    opener: OpenerDirector = field(default_factory=lambda: build_opener(HTTPCookieProcessor(CookieJar())))

    def get(self, path: str) -> Page:
        return self._ask(Request(self.base_url + path))

    def post(self, path: str, **typed: str) -> Page:
        """Send a form with the hidden values of the page shown."""
        hidden = {name: unescape(value) for name, value in HIDDEN.findall(self.page.body)}
        said = {"Origin": self.base_url}  # as browsers do
        return self._ask(Request(self.base_url + path, urlencode(hidden | typed).encode(), said))

    def _ask(self, request: Request) -> Page:
        request.add_header("Accept-Language", "en")
        began = time.monotonic()
        try:
            answer = self.opener.open(request, timeout=PATIENCE_SECONDS)
        except HTTPError as error:
            answer = error
        with answer:
            self.page = Page(answer.status, answer.url, answer.read().decode())
        self.slowest = max(self.slowest, time.monotonic() - began)
        self.pages += 1
        return self.page

    def fill_in(self, entry_code: str, *, email: str) -> None:
        """Go from the entry's page to the review, where one button is left to press."""
        self.get(f"/e/{entry_code}/")
        self.post(f"/e/{entry_code}/", quantity="1")
        self.type_details(email)

    def type_details(self, email: str) -> None:
        """Fill in who buys, and go on to the review."""
        self.get("/checkout/details/")
        self.post(
            "/checkout/details/", email=email, contact_name="Alice Martin", kind="organisation",
            billing_name="Ateliers Martin", street="3 rue du Port", postal_code="44000", city="Nantes", country="FR",
            register_number="73282932000074",
        )  # fmt: skip
        self.get("/checkout/review/")

    def press_order(self) -> Page:
        """Place the order shown by the review; return the order's page."""
        return self.post("/checkout/review/", accept_terms="on", start_at_once="on")

    def choose_card(self, order_path: str) -> Page:
        """Go from the order's page to the imaginary bank's."""
        self.get(order_path)
        return self.post(f"{order_path}pay/", method="sandbox")

    def press_pay(self) -> Page:
        """Let the bank accept; return the order's page."""
        return self.post(self.page.path, choice="succeed")

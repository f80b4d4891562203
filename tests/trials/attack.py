"""A populated shop, people in front of it, and one hostile request at a time against the shop.

Each request is answered in a savepoint that is rolled back afterwards, so every input meets the same shop and a failed
one can be sent again alone.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from random import Random
from typing import Any
from urllib.parse import urlsplit

from django.contrib.messages import ERROR
from django.core.management import call_command
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone, translation

from accounts.links.effects import link_url
from accounts.links.models import AddressLink
from catalog.models.entries import Entry
from outbox.jobs.running import run_due_jobs
from shop.orders.models import Order
from shop.payments.port import ProviderEvent
from shop.payments.providers.sandbox import bank
from tests.shop import steps
from tests.trials import hostile
from tests.trials.pages import Found, PageForm, routes, walk
from workbench.demo.people import PASSWORD

WRITES = re.compile(r'\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)"?', re.IGNORECASE)
# Tables and pages that keep a refused visitor's session, attempts, the note of the refusal, and values typed into the
# cart.
ALWAYS_WRITTEN = {"accounts_browsersession", "django_session", "cache", "accounts_attempts", "accounts_securityevent"}
KEEPS_WHAT_WAS_TYPED = {"/cart/", "/checkout/units/", "/checkout/details/", "/checkout/review/"}
CARTS = {"shop_cart", "shop_cartline", "shop_cartunit"}
# The history of an account tells who took a file.
NOTE_OF_A_FILE = {"accounts_memberevent"}


@dataclass
class Request:
    """One input, with everything needed to send it again."""

    kind: str
    who: str
    method: str
    address: str
    body: bytes = b""
    content_type: str = "application/x-www-form-urlencoded"
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = f"{self.kind} as {self.who}: {self.method} {self.address[:600]}"
        if self.headers:
            shown += f"\nheaders {str(self.headers)[:1500]}"
        return shown + (f"\n{self.content_type}: {self.body[:3000]!r}" if self.body else "")


@dataclass
class Person:
    client: Client
    cookies: str
    found: Found


@contextmanager
def tables_written() -> Iterator[set[str]]:
    """Collect the names of the tables that statements wrote to inside the block."""
    written: set[str] = set()

    def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        written.update(WRITES.findall(str(sql)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield written


def fingerprint(tables: set[str]) -> dict[str, tuple[int, int]]:
    """Return count and sum of hashes of the rows of each table."""
    prints = {}
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f'SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM "{table}" t')
            prints[table] = cursor.fetchone()
    return prints


class Attack:
    """The shop under attack; `send` returns the fault in the shop's answer, "" for none."""

    def __init__(self, *, pages_at_most: int, of_one_route: int, pages_of_staff: int) -> None:
        """Populate the shop and let each person collect pages and forms: so many pages in all, and of one route."""
        call_command("seed_demo", verbosity=0)
        run_due_jobs()
        self.routes = list(routes())
        self.statuses: Counter[int] = Counter()
        self.reached: set[str] = set()
        self.values = 0
        self.pages_at_most, self.of_one_route, self.pages_of_staff = pages_at_most, of_one_route, pages_of_staff
        self.people: dict[str, Person] = {}
        self._make_people()
        self.order_token = Order.objects.order_by("pk").values_list("token", flat=True)[0]
        self.words = self._words()
        with connection.cursor() as cursor:
            self.tables = set(connection.introspection.table_names(cursor))
        self.before = fingerprint(self.tables - ALWAYS_WRITTEN)

    # --- The people --------------------------------------------------------------------------------------------------

    def _make_people(self) -> None:
        visitor = steps.english_client()
        links = [urlsplit(link_url(link)).path for link in AddressLink.objects.usable_at(timezone.now()).order_by("pk")]
        steps.order_as_visitor(visitor, Entry.objects.get(code="EXCEL-SOLO"), email="visitor@example.org")
        steps.put_in_cart(visitor, Entry.objects.get(code="CONFLITS-SESSION"), 2)
        steps.type_details(visitor)
        self._add("visitor", visitor, [*links[:2], "/cart/", "/checkout/units/", "/checkout/details/"])
        for who, page, email in (
            ("waits for a sign-in code", "/auth/login/code/", "paul@lacombe.example"),
            ("waits for a reset code", "/auth/password/reset/", "paul@lacombe.example"),
            ("waits for a sign-up code", "/auth/signup/", "new@example.org"),
        ):
            client = steps.english_client()
            client.post(page, {"email": email, "password1": "battery horse 77", "password2": "battery horse 77"})
            self._add(
                who, client, ["/auth/login/code/confirm/", "/auth/confirm-email/", "/auth/password/reset/confirm/"]
            )
        for who, email in (
            ("owner", "paul@lacombe.example"),
            ("operator", "nadia@lacombe.example"),
            ("learner", "lea.martin@lacombe.example"),
            ("merchant", "merchant@demo.example"),
        ):
            client = steps.english_client()
            client.post("/auth/login/", {"login": email, "password": PASSWORD})
            if who == "owner":
                steps.put_in_cart(client, Entry.objects.get(code="SST-SESSION"), 3)
            self._add(who, client, [])

    def _add(self, who: str, client: Client, first: list[str]) -> None:
        is_staff = who == "merchant"
        plain = [f"/{route}" for route, pattern in self.routes if not re.search(r"[<(^]", route)]
        start = [*first, "/"] + [address for address in plain if address.startswith("/admin/") == is_staff]
        if first and who != "visitor":
            start = first
        cookies = client.cookies.output(header="", sep=";")
        most = self.pages_of_staff if is_staff else self.pages_at_most
        with self._undone():
            found = walk(client, start, pages_at_most=most, of_one_route=1 if is_staff else self.of_one_route)
        self.people[who] = Person(client, cookies, found)

    def _words(self) -> list[str]:
        """Return the parts of the shop's own addresses: keys, codes, tokens."""
        words = {"1", "2", "10"}
        for person in self.people.values():
            for address in person.found.pages:
                words.update(part for part in urlsplit(address).path.split("/") if part)
        return sorted(words)

    # --- The requests ------------------------------------------------------------------------------------------------

    def request(self, rng: Random) -> Request:
        """Return a hostile request."""
        who = rng.choice(sorted(self.people))
        found = self.people[who].found
        kind = rng.choices(
            ["a form", "an address", "a query", "headers", "a body", "a notification"], [45, 18, 15, 10, 8, 4]
        )[0]
        if kind == "a form" and found.forms:
            return self._form(rng, who, rng.choice(found.forms))
        if kind == "a notification":
            return self._notification(rng)
        if kind == "an address":
            return Request(kind, who, rng.choice(("GET", "GET", "POST", "HEAD", "PUT", "OPTIONS")), self._address(rng))
        page = rng.choice(found.pages)
        if kind == "headers":
            chosen = hostile.headers(rng)
            self.values += len(chosen)
            return Request(kind, who, rng.choice(("GET", "POST")), page, headers=chosen)
        if kind == "a body":
            target = rng.choice(found.forms).action if found.forms else page
            content, content_type = hostile.body(rng, [("a", "b"), *(found.forms[0].fields if found.forms else [])])
            self.values += 1
            return Request(kind, who, "POST", target, content, content_type)
        return Request("a query", who, "GET", f"{page.partition('?')[0]}?{self._query(rng, page)}")

    def _address(self, rng: Random) -> str:
        """Return a route with hostile or foreign arguments."""
        route, _pattern = rng.choice(self.routes)
        path = re.sub(r"<[^>]*>|\(\?P<\w+>[^)]*\)", lambda _argument: self._argument(rng), route)
        query = f"?{self._query(rng, '')}" if rng.random() < 0.3 else ""
        return "/" + path.replace("^", "").replace("$", "") + query

    def _argument(self, rng: Random) -> str:
        self.values += 1
        word = rng.choice(self.words)
        return word if rng.random() < 0.4 else hostile.escaped(hostile.text(rng, word))[:20_000] or "0"

    def _query(self, rng: Random, page: str) -> str:
        own = [pair.partition("=")[0] for pair in urlsplit(page).query.split("&") if pair]
        pairs = [(rng.choice([*own, *hostile.NAMES]), hostile.text(rng, "1")) for _ in range(rng.choice((1, 1, 2, 4)))]
        self.values += len(pairs)
        return hostile.urlencoded(pairs).decode()[:30_000]

    def _form(self, rng: Random, who: str, form: PageForm) -> Request:
        pairs = list(form.fields)
        if form.buttons:
            pairs += rng.sample(form.buttons, 1 if rng.random() < 0.7 else rng.randint(1, len(form.buttons)))
        for _ in range(rng.choice((1, 1, 1, 2, 4, max(1, len(pairs))))):
            self.values += 1
            at = rng.randrange(len(pairs)) if pairs else 0
            what = rng.random()
            if not pairs or what < 0.05:
                pairs.append((hostile.text(rng), hostile.text(rng)))
            elif what < 0.75:
                pairs[at] = (pairs[at][0], hostile.text(rng, pairs[at][1]))
            elif what < 0.85:
                del pairs[at]
            elif what < 0.95:
                pairs.insert(rng.randrange(len(pairs) + 1), (pairs[at][0], hostile.text(rng, pairs[at][1])))
            else:
                pairs[at] = (hostile.text(rng, pairs[at][0]), pairs[at][1])
        if form.method == "GET":
            query = hostile.urlencoded(pairs).decode()[:30_000]
            return Request("a form", who, "GET", f"{form.action.partition('?')[0]}?{query}")
        files = []
        if form.files and rng.random() < 0.7:
            self.values += 1
            files = [(rng.choice(form.files), *hostile.file(rng))]
        if files or form.is_multipart or rng.random() < 0.1:
            content = hostile.multipart(pairs, files)
            return Request("a form", who, "POST", form.action, content, "multipart/form-data; boundary=b")
        return Request("a form", who, "POST", form.action, hostile.urlencoded(pairs))

    def _notification(self, rng: Random) -> Request:
        """Return a provider's message, mostly with a valid signature, whose content need not match the order."""
        order = Order.objects.filter(token=self.order_token).get()
        event = ProviderEvent(
            provider="sandbox", event_id="e1", reference="r1", kind="succeeded", order_number=order.number,
            amount=order.gross, currency=order.currency,
        )  # fmt: skip
        content = bank.notification(event)[0]
        self.values += 1
        choice = rng.random()
        if choice < 0.6:
            spoilt = hostile.text(rng, rng.choice((order.number, "EUR", "succeeded", str(order.gross))))
            for name in rng.sample(("event", "reference", "kind", "order", "amount", "currency"), rng.randint(1, 2)):
                content = _with(content, name, rng.choice((spoilt, rng.choice((None, 5, [], {}, True, 1e300, -1)))))
        elif choice < 0.8:
            content = hostile.body(rng, [("a", "b")])[0]
        signed = bank.signature(content) if rng.random() < 0.8 else hostile.text(rng)[:500]
        headers = {"HTTP_X_SANDBOX_SIGNATURE": signed.encode("latin-1", "ignore").decode("latin-1")}
        provider = rng.choice(("sandbox", "sandbox", "sandbox", "transfer", "free", "nobody"))
        return Request(
            "a notification", "visitor", "POST", f"/payments/{provider}/webhook/", content, "application/json", headers
        )

    # --- The answers -------------------------------------------------------------------------------------------------

    def send(self, request: Request) -> str:
        """Send a request, roll back its effects and return the fault in the answer, "" for none."""
        person = self.people[request.who]
        person.client.cookies = SimpleCookie(person.cookies)
        with self._undone(), translation.override("en"), tables_written() as written:
            try:
                response = person.client.generic(
                    request.method, request.address, request.body, request.content_type, **request.headers
                )
                response.getvalue() if response.streaming else response.content
            except Exception as error:
                return f"{type(error).__name__}: {error}"[:600] + _where(error)
            self.statuses[response.status_code] += 1
            if response.wsgi_request.resolver_match is not None:
                self.reached.add(response.wsgi_request.resolver_match.route)
            if response.status_code >= 500:
                return f"status {response.status_code}"
            if not written - ALWAYS_WRITTEN:
                return ""
            return self._wrongly_written(request, response, written)

    def _wrongly_written(self, request: Request, response: HttpResponse, written: set[str]) -> str:
        with connection.cursor() as cursor:
            # Rows of an accepted input must keep every deferred constraint too.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        if not _is_refused(request, response):
            return ""
        looked_at = (written & self.tables) - ALWAYS_WRITTEN
        if urlsplit(request.address).path in KEEPS_WHAT_WAS_TYPED:
            looked_at -= CARTS
        if request.method == "GET" and response.get("Content-Disposition", "").startswith("attachment"):
            looked_at -= NOTE_OF_A_FILE
        changed = [table for table, now in fingerprint(looked_at).items() if now != self.before[table]]
        return f"status {response.status_code}, and yet {', '.join(changed)} changed" if changed else ""

    @contextmanager
    def _undone(self) -> Iterator[None]:
        """Roll back all writes inside the block, and switch logging off."""
        logging.disable(logging.CRITICAL)
        try:
            with transaction.atomic():
                yield
                transaction.set_rollback(True)
        finally:
            logging.disable(logging.NOTSET)


def _is_refused(request: Request, response: HttpResponse) -> bool:
    """Tell whether the answer is an error, the form again or an error message, or the request may change nothing."""
    if response.status_code >= 400:
        return True
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return not request.address.startswith("/payments/")
    queued = getattr(getattr(response, "wsgi_request", None), "_messages", None)
    told = [message.level for message in queued._queued_messages] if queued is not None else []
    return response.status_code == 200 or ERROR in told


def _with(content: bytes, name: str, value: object) -> bytes:
    return json.dumps(json.loads(content) | {name: value}).encode("utf-8", "surrogatepass")


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "/site-packages/" not in frame.filename and "/tests/" not in frame.filename]
    return "".join(f"\n  {frame.filename}:{frame.lineno} {frame.line}" for frame in [*ours[-2:], frames[-1]])

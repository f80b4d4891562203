"""Pages of a shop made in this process: a merchant and a visitor, over a database connection of the shop's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.test import Client

from bench.world import merchant_cookie


class Shop:
    """Shop in one of the run's databases; its pages are asked for within `open`."""

    def __init__(self, database: str) -> None:
        self.database = database
        self._connection = connections.create_connection(DEFAULT_DB_ALIAS)
        self._connection.settings_dict = {**self._connection.settings_dict, "NAME": database}
        self._visitor, self._merchant = _browser(), _browser()
        with self.open():
            self._merchant.cookies.load(merchant_cookie())

    @contextmanager
    def open(self) -> Iterator[None]:
        """Let this process work on the shop for the length of the block."""
        other, connections[DEFAULT_DB_ALIAS] = connections[DEFAULT_DB_ALIAS], self._connection
        try:
            yield
        finally:
            connections[DEFAULT_DB_ALIAS] = other

    def show_merchant(self, page: str, **typed: str) -> None:
        """Make a page for a merchant; raise RuntimeError unless it is answered."""
        _ask(self._merchant, page, typed)

    def show_visitor(self, page: str) -> None:
        _ask(self._visitor, page, {})


def _browser() -> Client:
    return Client(headers={"accept-language": "en"}, SERVER_NAME=urlsplit(settings.SITE_URL).hostname)


def _ask(browser: Client, page: str, typed: dict[str, str]) -> None:
    answer = browser.get(page, typed)
    if answer.status_code != 200:
        raise RuntimeError(f"{page}: {answer.status_code}")

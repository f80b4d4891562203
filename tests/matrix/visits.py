"""One request by one role, and its outcome."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.files_to_save import refuse_careless_file

# Tables written to by requests that change nothing of the shop's: the session with its messages, the counters of the
# rate limits, which live in the cache's table, the security log, which knows who looked at whom, and the history of an
# account, which knows who downloaded what; an act that is told there writes other tables as well.
NOT_THE_SHOPS = frozenset(
    {
        "accounts_browsersession",
        "accounts_memberevent",
        "accounts_securityevent",
        "django_session",
        settings.CACHES["default"]["LOCATION"],
    }
)
CSRF_SECRET = "c" * 32
# Stands in a form for the note of what the page was made from, which is read from the page.
FROM_PAGE = "the note of the page"


def visit(
    method: str,
    url: str,
    *,
    session: str | None,
    posted: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
    has_csrf_token: bool = True,
) -> str:
    """Make a request, roll back its writes and return the outcome in a word (see `rules`).

    Fails for a careless file.
    """
    client = Client(enforce_csrf_checks=True, headers={"accept-language": "en", **(headers or {})})
    if session:
        client.cookies[settings.SESSION_COOKIE_NAME] = session
    data = dict(posted or {})
    if method == "POST" and has_csrf_token:
        client.cookies[settings.CSRF_COOKIE_NAME] = CSRF_SECRET
        data["csrfmiddlewaretoken"] = CSRF_SECRET
    with undone():
        before = written_rows()
        if data.get("made_from") == FROM_PAGE:
            found = re.findall(r'name="made_from" value="([^"]+)"', client.get(url).content.decode())
            data["made_from"] = found[0] if found else ""
        answer = client.get(url) if method == "GET" else client.post(url, data)
        after = written_rows()
    refuse_careless_file(answer)
    changed = sorted(table for table, rows in after.items() if rows != before.get(table, 0))
    return outcome_of(answer, changed)


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def written_rows() -> dict[str, int]:
    """Return the number of rows written to each of the shop's tables by this transaction, rolled back or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_user_tables"
            " WHERE n_tup_ins + n_tup_upd + n_tup_del > 0"
        )
        return {table: rows for table, rows in cursor.fetchall() if table not in NOT_THE_SHOPS}


def outcome_of(answer: HttpResponse, changed: list[str]) -> str:
    status = answer.status_code
    if changed:
        return "done" if status < 400 else f"{status} but wrote {', '.join(changed)}"
    if status in (200, 204):
        return "page"
    if status in (301, 302, 303):
        return "sign-in" if leads_to_sign_in(answer["Location"]) else "go"
    if status in (400, 409, 422):
        return "refused"
    return str(status)


def leads_to_sign_in(location: str) -> bool:
    return location.split("?")[0] in (reverse("account_login"), reverse("admin:login"))

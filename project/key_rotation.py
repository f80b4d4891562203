"""Everything that is stored encrypted, encrypted anew under the key that encrypts now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Model

from accounts.browser_sessions.models import BrowserSession
from common.secrets import Purpose, Undecryptable, under_first_key
from outbox.mails.models import Mail
from shop.payments.configured.models import ProviderSettings
from shop.payments.statements.models import StatementLine
from shop.payments.transfers_back.models import PayeeAccount

BATCH = 200

Value = dict[str, Any] | list[Any] | str


@dataclass(frozen=True)
class Stored:
    """A column with encrypted text: all of it, or the named entries of a JSON object."""

    model: type[Model]
    column: str
    entries: tuple[str, ...] = ()


# Every purpose has its columns here: a test counts.
STORED = {
    Purpose.MAIL: Stored(Mail, "secret"),
    Purpose.SECOND_FACTOR: Stored(Authenticator, "data", ("secret", "seed", "migrated_codes")),
    Purpose.SESSION: Stored(BrowserSession, "data"),
    Purpose.BANK_ACCOUNT: Stored(PayeeAccount, "secrets", ("holder", "iban")),
    Purpose.PROVIDER: Stored(ProviderSettings, "secret"),
    Purpose.STATEMENT: Stored(StatementLine, "secret"),
}


@dataclass
class Outcome:
    """Rows of one purpose: read, written anew, and those that no present key opens."""

    purpose: Purpose
    read: int = 0
    anew: int = 0
    unreadable: int = 0


def rotate(told: Callable[[Outcome], None] = lambda _outcome: None) -> list[Outcome]:
    """Encrypt everything stored anew that is under an older key; `told` hears of each batch.

    Locks nothing but the row just written, which is left alone where somebody else wrote it meanwhile: under the new
    key. May be stopped and begun again at any time.
    """
    outcomes = []
    for purpose, stored in STORED.items():
        outcome = Outcome(purpose)
        for rows in _batches(stored):
            for pk, value in rows:
                _rotate_row(stored, outcome, pk, value)
            told(outcome)
        outcomes.append(outcome)
    return outcomes


def _batches(stored: Stored) -> Iterator[list[tuple[int, Value]]]:
    after = 0
    filled = stored.model._default_manager.exclude(**{stored.column: ""}).order_by("pk")
    while rows := list(filled.filter(pk__gt=after).values_list("pk", stored.column)[:BATCH]):
        after = rows[-1][0]
        yield rows


def _rotate_row(stored: Stored, outcome: Outcome, pk: int, value: Value) -> None:
    outcome.read += 1
    try:
        anew = _anew(value, outcome.purpose, stored.entries)
    except Undecryptable:
        outcome.unreadable += 1
        return
    if anew != value:
        unchanged = stored.model._default_manager.filter(pk=pk, **{stored.column: value})
        outcome.anew += unchanged.update(**{stored.column: anew})


def _anew(value: Value, purpose: Purpose, entries: tuple[str, ...]) -> Value:
    match value:
        case dict():
            return {name: _anew(each, purpose, ()) if name in entries else each for name, each in value.items()}
        case list():
            return [_anew(each, purpose, ()) for each in value]
    return under_first_key(value, purpose) or value

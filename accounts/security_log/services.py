"""Recording events of the security log: `record(Kind.FACTOR_REMOVED, now=now, request=request, user_id=user.pk)`."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from accounts.rate_limits.network import neighbourhood_of
from accounts.security_log.kinds import OUTLASTING, Kind
from accounts.security_log.models import SecurityEvent
from common.afterwards import write_afterwards

logger = logging.getLogger("accounts.security_log")

Plain = str | int | bool | None
Details = Mapping[str, Plain | Sequence[Plain]]

# Keys, codes and words of ours. No blank and no @: no typed text gets in by mistake, and no address.
PLAIN = re.compile(r"[\w.:/*-]{0,100}", re.ASCII)


def record(
    kind: Kind,
    *,
    now: datetime,
    request: HttpRequest | None = None,
    user_id: int | None = None,
    actor_id: int | None = None,
    details: Details | None = None,
    once: str = "",
) -> None:
    """Add an event to the security log, and a line to the log `accounts.security_log`. One INSERT; locks nothing.

    `user_id` is the person concerned, `actor_id` the one who acts, both None where nobody is known; `request` is asked
    for its network alone. `details` are plain values (`PLAIN`): keys, numbers, words of the code. Nothing typed goes
    in; of an address `mark_of`.

    The event belongs to the caller's transaction and is undone with it; those of `OUTLASTING` are written once that
    is over, however it ends. With `once`, another event of that kind and name within the same clock hour is left out.
    Raises ValueError for details that are not plain.
    """
    event = SecurityEvent(
        at=now,
        kind=kind,
        user_id=user_id,
        actor_id=actor_id,
        network=network_mark(request) if request is not None else "",
        details=_checked(details or {}),
        once_key=f"{kind}:{once}:{now:%Y%m%d%H}" if once else None,
    )
    if kind in OUTLASTING:
        write_afterwards(object(), lambda: _write(event))
    else:
        _write(event)


def mark_of(text: str) -> str:
    """Return a short keyed hash: equal for equal texts, such as addresses; without SECRET_KEY nobody reads it."""
    return salted_hmac("accounts.security_log", text, algorithm="sha256").hexdigest()[:16]


def network_mark(request: HttpRequest) -> str:
    """Return the hash of the network of a request: /24 of IPv4, /48 of IPv6, what one attacker usually has.

    Hashed since an address is personal data that this log, kept for a year, has no need of: which address it was stands
    in the proxy's log under the request's id, for as long as that is kept.
    """
    return mark_of(neighbourhood_of(request))


def _write(event: SecurityEvent) -> None:
    if event.once_key is None:
        event.save(force_insert=True)
    elif not _written_first(event):
        return
    transaction.on_commit(lambda: _tell(event))


def _written_first(event: SecurityEvent) -> bool:
    """Insert an event unless its key is there; tell whether it was inserted. Exact under any number of rivals."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO accounts_securityevent (at, kind, user_id, actor_id, network, details, once_key)
            VALUES (%s, %s, %s, %s, %s, %s, %s)
            ON CONFLICT (once_key) DO NOTHING
            """,
            [
                *(event.at, event.kind, event.user_id, event.actor_id, event.network),
                *(json.dumps(event.details), event.once_key),
            ],
        )
        return cursor.rowcount == 1


def _tell(event: SecurityEvent) -> None:
    fields = {
        "event": str(event.kind),
        "user_id": event.user_id,
        "actor_id": event.actor_id,
        "network": event.network,
        "details": event.details,
    }
    logger.info("Security event: %s", event.kind, extra={"fields": fields})


def _checked(details: Details) -> dict[str, Plain | list[Plain]]:
    """Return the details as they are stored. Raises ValueError for a text that may have been typed."""
    checked: dict[str, Plain | list[Plain]] = {}
    for name, value in details.items():
        if isinstance(value, str) or not isinstance(value, Sequence):
            checked[_plain(name, name)] = _plain(name, value)
        else:
            checked[_plain(name, name)] = [_plain(name, each) for each in value]
    return checked


P = TypeVar("P", bound=Plain)


def _plain(name: str, value: P) -> P:
    is_plain = PLAIN.fullmatch(value) if isinstance(value, str) else isinstance(value, (int, type(None)))
    if not is_plain:
        raise ValueError(f"The detail {name!r} of a security event is not plain.")
    return value

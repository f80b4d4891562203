"""Alarms: patterns in the security log that somebody should hear of at once, mailed to SECURITY_EMAIL.

Of each pattern one mail an hour at most; events after an alarm are told by the next one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Q

from accounts.people.models import User
from accounts.security_log.kinds import Kind
from accounts.security_log.models import SecurityEvent
from accounts.security_log.services import record
from outbox.mails.services import queue_mail

QUIET = timedelta(hours=1)
DAY = timedelta(days=1)
MAIL_KIND = "security_alarm"


@dataclass(frozen=True)
class Pattern:
    """Events of some kinds, `at_least` so many `within` a time; of staff alone, or of one network, if that is said."""

    name: str
    kinds: frozenset[Kind]
    at_least: int = 1
    within: timedelta = DAY
    is_of_staff: bool = False
    is_of_one_network: bool = False


FAILURES = frozenset({Kind.SIGN_IN_FAILED, Kind.CODE_REJECTED, Kind.FACTOR_FAILED, Kind.STEP_UP_FAILED})
PATTERNS = (
    Pattern("lock_outs", frozenset({Kind.LOCKED_OUT}), at_least=10, within=timedelta(minutes=15)),
    Pattern("failures", FAILURES, at_least=30, within=timedelta(hours=1), is_of_one_network=True),
    Pattern("staff_made", frozenset({Kind.STAFF_MADE})),
    Pattern("factor_removed", frozenset({Kind.FACTOR_REMOVED}), is_of_staff=True),
    Pattern("rights_changed", frozenset({Kind.RIGHTS_CHANGED, Kind.ROLE_CHANGED})),
    Pattern("rights_refused", frozenset({Kind.RIGHTS_REFUSED})),
)


@transaction.atomic
def raise_alarms(*, now: datetime) -> int:
    """Record and mail the alarms that are due; return their number. Two statements for each pattern at most.

    Serialised by an advisory lock: beside another transaction that raises alarms it does nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended('accounts.security_log.alarms', 0))")
        if not cursor.fetchone()[0]:
            return 0
    return sum(_raise(pattern, now) for pattern in PATTERNS)


def _raise(pattern: Pattern, now: datetime) -> bool:
    alarms = SecurityEvent.objects.filter(kind=Kind.ALARM, details__pattern=pattern.name, at__gt=now - DAY)
    last_at = alarms.order_by("-at").values_list("at", flat=True).first()
    if last_at is not None and last_at > now - QUIET:
        return False
    since = max(last_at or now - DAY, now - pattern.within)
    count = _count(pattern, since)
    if count < pattern.at_least:
        return False
    record(Kind.ALARM, now=now, details={"pattern": pattern.name, "events": count})
    queue_mail(
        kind=MAIL_KIND,
        key=f"{MAIL_KIND}:{pattern.name}:{now:%Y%m%d%H%M%S}",
        recipient=settings.SECURITY_EMAIL,
        language=settings.SHOP_LANGUAGE,
        context={"pattern": pattern.name, "events": count, "since": since, "until": now},
    )
    return True


def _count(pattern: Pattern, since: datetime) -> int:
    """Count the pattern's events after a moment; those of the busiest network if only one network counts."""
    events = SecurityEvent.objects.filter(kind__in=pattern.kinds, at__gt=since)
    if pattern.is_of_staff:
        events = events.filter(user_id__in=User.objects.filter(Q(is_staff=True) | Q(is_superuser=True)).values("pk"))
    if not pattern.is_of_one_network:
        return events.count()
    busiest = events.exclude(network="").order_by().values("network").annotate(events=Count("pk")).order_by("-events")
    first = busiest.values_list("events", flat=True).first()
    return first or 0

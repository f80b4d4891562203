"""Figures that the database tells, read when they are asked for.

A fixed number of statements, which read what waits, what failed and what was done in the last minutes, never all there
is. The worker's figures are among them: whatever it does is in the outbox. All machines tell the same of these.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Count, Min, Q
from django.db.models.functions import Now
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from common.database_waiting import database_deadline
from outbox.jobs.models import Job, OutsideService
from outbox.jobs.registry import JOB_KINDS
from outbox.mails.models import JOB_KIND as SEND_MAIL
from outbox.mails.models import Mail
from project.health import Look
from shop.orders.figures import failed_lines, owed_back, waiting_by_method
from shop.orders.fulfilment import JOB_KIND as FULFIL_LINE
from shop.payments.models import PaymentEvent

READ_SECONDS = 4.0
LATELY = timedelta(minutes=5)

CONNECTIONS = """
SELECT coalesce(state, 'unknown'), count(*), current_setting('max_connections')::int
FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1
"""
Family = GaugeMetricFamily


class DatabaseFigures(Collector):
    """Collector of the figures; without an answer of the database in time, of the one that says so."""

    def __init__(self) -> None:
        self.look = Look[list[Family]]("figures", read, unknown())

    def collect(self) -> Iterator[Family]:
        yield from self.look.answer(self.look.begin(), until=time.monotonic() + READ_SECONDS)


def unknown() -> list[Family]:
    return [_gauge("amphi_database_up", "Whether the database told the figures.", 0)]


def read() -> list[Family]:
    """Return the figures; where the database does not answer, the one that says so."""
    with database_deadline(READ_SECONDS):
        try:
            found = [*_jobs(), *_mails_and_deliveries(), *_money(), *_services(), *_connections()]
        except (DatabaseError, InterfaceError):
            return unknown()
        finally:
            if not connection.in_atomic_block:  # as it is in tests
                connection.close_if_unusable_or_obsolete()
    return [_gauge("amphi_database_up", "Whether the database told the figures.", 1), *found]


def _jobs() -> Iterator[Family]:
    jobs = Family("amphi_jobs", "Jobs that wait or gave up.", labels=("kind", "urgency", "state"))
    ages = Family("amphi_job_oldest_due_seconds", "Wait of the job due longest.", labels=("kind", "urgency"))
    is_due = Q(due_at__lte=Now())
    waiting = (
        Job.objects.pending()
        .order_by()
        .values_list("kind", "urgency")
        .annotate(
            due=Count("pk", filter=is_due),
            later=Count("pk", filter=~is_due),
            age=Now() - Min("due_at", filter=is_due),
        )
    )
    for kind, urgency, due, later, age in waiting:
        jobs.add_metric((kind, _urgency(urgency), "due"), due)
        jobs.add_metric((kind, _urgency(urgency), "later"), later)
        if age is not None:
            ages.add_metric((kind, _urgency(urgency)), age.total_seconds())
    for kind, urgency, count in Job.objects.given_up().order_by().values_list("kind", "urgency").annotate(Count("pk")):
        jobs.add_metric((kind, _urgency(urgency), "dead"), count)
    yield jobs
    yield ages


def _mails_and_deliveries() -> Iterator[Family]:
    done = dict.fromkeys(JOB_KINDS.names(), 0)
    lately = Job.objects.filter(state=Job.State.DONE, finished_at__gt=Now() - LATELY)
    done |= dict(lately.order_by().values_list("kind").annotate(Count("pk")))
    family = Family("amphi_jobs_done_lately", "Jobs done in the last five minutes.", labels=("kind",))
    for kind, count in done.items():
        family.add_metric((kind,), count)
    yield family
    pending = Job.objects.pending().filter(kind__in=(SEND_MAIL, FULFIL_LINE)).order_by()
    waiting = dict(pending.values_list("kind").annotate(Count("pk")))
    yield _by_state(
        "amphi_mails",
        "Mails that wait, failed in 30 days, or left in the last five minutes.",
        waiting=waiting.get(SEND_MAIL, 0),
        failed=Mail.objects.unsent(timezone.now()).count(),
        sent_lately=done[SEND_MAIL],
    )
    yield _by_state(
        "amphi_deliveries",
        "Lines of orders that wait for delivery, failed, or were fulfilled in the last five minutes.",
        waiting=waiting.get(FULFIL_LINE, 0),
        failed=failed_lines().lines,
        fulfilled_lately=done[FULFIL_LINE],
    )


def _money() -> Iterator[Family]:
    currency = settings.SHOP_CURRENCY
    orders = Family("amphi_orders_unpaid", "Orders placed and not paid.", labels=("method",))
    amounts = Family("amphi_orders_unpaid_amount", "Their totals, with tax.", labels=("method", "currency"))
    for row in waiting_by_method(now=timezone.now()):
        orders.add_metric((row.method or "none",), row.orders)
        amounts.add_metric((row.method or "none", currency), float(row.gross))
    yield orders
    yield amounts
    owed = owed_back()
    yield _gauge("amphi_orders_owed_back", "Orders with money to be paid back.", owed.orders)
    amount = Family("amphi_owed_back_amount", "Money to be paid back.", labels=("currency",))
    amount.add_metric((currency,), float(owed.amount))
    yield amount
    attention = PaymentEvent.objects.needing_attention().count()
    yield _gauge("amphi_payments_unmatched", "Payments that need attention, nobody's matter so far.", attention)


def _services() -> Iterator[Family]:
    failures = {kind.service: (0, False) for kind in JOB_KINDS if kind.io}
    rows = OutsideService.objects.order_by("name").values_list("name", "failures", "left_alone_until")
    failures |= {name: (count, until is not None) for name, count, until in rows}
    counts = Family("amphi_outside_service_failures", "Calls in a row that failed.", labels=("service",))
    away = Family("amphi_outside_service_away", "1 while the jobs of the service wait.", labels=("service",))
    for service, (count, is_away) in failures.items():
        counts.add_metric((service,), count)
        away.add_metric((service,), int(is_away))
    yield counts
    yield away


def _connections() -> Iterator[Family]:
    with connection.cursor() as cursor:
        cursor.execute(CONNECTIONS)
        rows = cursor.fetchall()
    used = Family("amphi_database_connections", "Connections to the database, by state.", labels=("state",))
    for state, count, _most in rows:
        used.add_metric((state,), count)
    yield used
    yield _gauge("amphi_database_connections_max", "Connections that Postgres allows in all.", rows[0][2])


def _gauge(name: str, told: str, value: float) -> Family:
    return Family(name, told, value=value)


def _by_state(name: str, told: str, **values: float) -> Family:
    family = Family(name, told, labels=("state",))
    for state, value in values.items():
        family.add_metric((state,), value)
    return family


def _urgency(number: int) -> str:
    return Job.Urgency(number).name.lower()

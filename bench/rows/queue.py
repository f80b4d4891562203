"""7. Deliveries beside a crowd of mails due and a mail server that says nothing, and the claim among many jobs."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from statistics import median

from django.db import transaction
from django.utils import timezone

from bench.harness import Report, seconds
from bench.servers import Servers, wait_until
from bench.sizes import Sizes
from bench.world import PACK, no_job_waits, paid_order
from outbox.jobs.claiming import lock_next
from outbox.jobs.doorbell import ring
from outbox.jobs.models import Job
from outbox.mails.services import NewMail, queue_mails
from shop.orders.models import Order

# One of the two waits for the mail server.
WORKER_PROCESSES = 2
PROMISED_SECONDS = 2.0
FEW = 5
A_BATCH = 1_000
CLAIMS = 100
WITHIN = 60


def measure(report: Report, sizes: Sizes, servers: Servers) -> None:
    no_job_waits()
    _queue(FEW)
    among_few = _claim_seconds()
    _queue(sizes.mails_due - FEW)
    among_many = _claim_seconds()
    report.compare(f"claim, {sizes.mails_due:,} mails due / {FEW}", among_many, "s", reference=among_few, limit=1.5)
    with _silent_server() as port:
        silent = replace(servers, environment=servers.environment | {"EMAIL_URL": f"smtp://127.0.0.1:{port}"})
        with silent.worker(WORKER_PROCESSES):
            ring()
            wait_until(Job.objects.pending().filter(lease__isnull=False).exists, within=WITHIN)
            took = [_delivered() for _order in range(sizes.purchases)]
    report.compare(
        f"paid order delivered, {sizes.mails_due:,} mails due, silent mail server / promised",
        max(took), "s", reference=PROMISED_SECONDS, limit=1.0, remark="the longest",
    )  # fmt: skip
    no_job_waits()


def _delivered() -> float:
    """Return the seconds from the payment of an order to its delivery."""
    order = paid_order(PACK, quantity=1)
    began = time.perf_counter()
    wait_until(Order.objects.filter(pk=order.pk, status=Order.Status.COMPLETED).exists, within=WITHIN)
    return time.perf_counter() - began


def _claim_seconds() -> float:
    def claim() -> None:
        with transaction.atomic():
            lock_next(passed_over=[])
            transaction.set_rollback(True)

    return median(seconds(claim) for _claim in range(CLAIMS))


def _queue(mails: int) -> None:
    mark, now = time.monotonic_ns(), timezone.now()
    for first in range(0, mails, A_BATCH):
        queue_mails(
            [
                NewMail(
                    kind="security_notice",
                    key=f"bench:{mark}:{first + number}",
                    recipient=f"crowd{first + number}@bench.example",
                    language="en",
                    context={"event": "password_changed", "at": now},
                )
                for number in range(min(A_BATCH, mails - first))
            ]
        )


@contextmanager
def _silent_server() -> Iterator[int]:
    """Listen on a port and say nothing to whoever connects; give its number."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        yield listening.getsockname()[1]

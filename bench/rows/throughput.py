"""6. Orders of ten seats delivered by workers in a second, and the memory of all programs meanwhile."""

from __future__ import annotations

from django.db.models import Max, Min

from bench.harness import Report
from bench.servers import Servers, memory_megabytes, wait_until
from bench.sizes import Sizes
from bench.world import PACK, paid_order
from outbox.jobs.doorbell import ring
from outbox.jobs.models import Job
from workbench.servers.process import Child

WITHIN = 300


def measure(report: Report, sizes: Sizes, servers: Servers, web: Child) -> None:
    for processes in sizes.worker_processes:
        first = Job.objects.aggregate(last=Max("pk"))["last"] or 0
        for _order in range(sizes.orders_a_worker_run):
            paid_order(PACK, quantity=1)
        deliveries = Job.objects.filter(pk__gt=first, kind="fulfil_line")
        with servers.worker(processes) as worker:
            for _process in range(processes):
                ring()
            wait_until(lambda jobs=deliveries: not jobs.pending().exists(), within=WITHIN)  # type: ignore[misc]  # mypy infers no type for a default in a lambda
            times = deliveries.aggregate(first=Min("finished_at"), last=Max("finished_at"))
            took = (times["last"] - times["first"]).total_seconds()
            each = "process" if processes == 1 else "processes"
            report.figure(f"orders of 10 seats, {processes} worker {each}", (deliveries.count() - 1) / took, "orders/s")
            report.figure(f"memory of the worker, {processes} {each}", memory_megabytes(worker), "MB")
    report.figure("memory of the web server", memory_megabytes(web), "MB")

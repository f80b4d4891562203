"""9. Orders of ten seats delivered, against the same statements sent bare."""

from __future__ import annotations

from bench.harness import Report, in_turns
from bench.servers import YOUNG
from bench.sizes import Sizes
from bench.statements import against_statements
from bench.world import PACK, at, deliver, only_deliveries_wait, paid_order
from outbox.jobs.models import Job
from shop.orders.models import Order

BARE_AT_MOST = 4.0


def measure(report: Report, sizes: Sizes) -> None:
    def delivery() -> dict[str, float]:
        order = paid_order(PACK, quantity=1)
        only_deliveries_wait()
        line, job = order.lines.get(), Job.objects.pending().get()
        changes = {"shop_order": order.pk, "shop_orderline": line.pk, "outbox_job": job.pk}
        took, bare, statements = against_statements(lambda: deliver(order), changes=changes)
        if not Order.objects.filter(pk=order.pk, status=Order.Status.COMPLETED).exists():
            raise RuntimeError(f"Order {order.number} is not delivered by the statements sent bare.")
        return {"took": took, "bare": bare, "statements": statements}

    with at(YOUNG):
        found = in_turns(delivery, rounds=sizes.deliveries)
    report.compare(
        "delivery of 10 seats / its statements sent bare",
        found["took"],
        "s",
        reference=found["bare"],
        limit=BARE_AT_MOST,
        remark=f"{found['statements']:g} statements",
    )

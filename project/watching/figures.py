"""Figures for Prometheus: requests of all web processes of this machine, and what the database tells.

Imported only where METRICS_TOKEN is set. The web processes write their counts into files that they share
(`share_figures`), so that any of them answers for all.
"""

from __future__ import annotations

import os

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from project.watching.database import DatabaseFigures

BUCKETS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)

_own = CollectorRegistry()
REQUESTS = Counter(
    "amphi_requests", "Requests answered, by name of the address.", ("view", "method", "status"), registry=_own
)
REQUEST_SECONDS = Histogram(
    "amphi_request_seconds", "Seconds from request to answer.", ("view",), buckets=BUCKETS, registry=_own
)
_of_database = CollectorRegistry(auto_describe=False)
_of_database.register(DatabaseFigures())


def count_request(*, view: str, method: str, status: int, seconds: float) -> None:
    """Count a request that was answered, with the class of its status, such as `2xx`."""
    REQUESTS.labels(view, method, f"{status // 100}xx").inc()
    REQUEST_SECONDS.labels(view).observe(seconds)


def exposition() -> bytes:
    """Return all figures, in the text form of Prometheus."""
    folder, requests = os.environ.get("PROMETHEUS_MULTIPROC_DIR"), _own
    if folder:
        requests = CollectorRegistry()
        MultiProcessCollector(requests, folder)
    return generate_latest(requests) + generate_latest(_of_database)

"""Answers for load balancers: does the process live, and may it be sent visitors?

They are given within a second, whatever database and Redis do. One look at the servers is under way at a time, in a
thread of its own, and serves all who ask meanwhile.
"""

import functools
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from common.database_waiting import database_deadline
from outbox.selectors import oldest_waiting_seconds

ANSWER_SECONDS = 0.8
REDIS_SECONDS = 0.5
# Whoever asks within this time of a look is told what it found.
FRESH_SECONDS = 0.5
# Something is written at most so often, by all web processes together.
WRITE_EVERY_SECONDS = 5
WRITTEN = "readyz-written"
# With little memory to sort in, Postgres puts so many numbers into a file of some hundred kilobytes.
NUMBERS_WRITTEN = 20_000

# State of each thing that a page needs, and the seconds that the oldest due job has waited.
Database = tuple[dict[str, str], float | None]
NO_ANSWER = "does not answer"
UNKNOWN: dict[str, str] = {"database": NO_ANSWER, "migrations": "unknown", "cache": "unknown", "writes": "unknown"}

T = TypeVar("T")


class Look(Generic[T]):
    """A question to a server, asked in a thread of its own and shared by all who want to know."""

    def __init__(self, name: str, ask: Callable[[], T], otherwise: T) -> None:
        self._ask, self._otherwise = ask, otherwise
        # A socket's timeout does not cover everything (the look-up of names has none), and a thread can be left alone.
        self.executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._lock = threading.Lock()
        self._latest: Future[T] | None = None
        self._began = 0.0

    def answer(self, asked: Future[T], *, until: float) -> T:
        """Return the answer to what `begin` asked; `otherwise` if there is none at `until`, a time of
        `time.monotonic()`."""
        try:
            return asked.result(timeout=max(0.0, until - time.monotonic()))
        except TimeoutError:
            return self._otherwise

    def begin(self) -> Future[T]:
        """Ask, unless the question is under way or was answered a moment ago."""
        with self._lock:
            is_old = time.monotonic() - self._began > FRESH_SECONDS
            if self._latest is None or (self._latest.done() and is_old):
                self._latest, self._began = self.executor.submit(self._ask), time.monotonic()
            return self._latest

    def forget(self) -> None:
        """Ask anew next time."""
        with self._lock:
            self._latest = None


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process answers; no other server is asked."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers, takes writes, and has every migration and the cache's table, else 503 with
    the fault.

    Without Redis the status is `degraded` and still 200: pages work, and jobs wait. `oldest_job_seconds` are the
    seconds that the oldest due job has waited for a worker; null when none waits.
    """
    until = time.monotonic() + ANSWER_SECONDS
    database, store = _database_asker.begin(), _redis_asker.begin()
    found, waited = _database_asker.answer(database, until=until)
    redis_says = _redis_asker.answer(store, until=until)
    is_ready = set(found.values()) == {"ok"}
    status = "unavailable" if not is_ready else "ok" if redis_says == "ok" else "degraded"
    return JsonResponse(
        {
            "status": status,
            **found,
            "redis": redis_says,
            "oldest_job_seconds": None if waited is None else round(waited, 1),
        },
        status=200 if is_ready else 503,
    )


def _look_at_database() -> Database:
    """Return the states of all that a page needs of the database, and how long the oldest due job has waited."""
    with database_deadline(ANSWER_SECONDS):
        try:
            return _ask_database()
        except (DatabaseError, InterfaceError):  # gone in the middle
            return UNKNOWN, None
        finally:
            if not connection.in_atomic_block:  # as it is in tests
                connection.close_if_unusable_or_obsolete()


def _ask_database() -> Database:
    found = UNKNOWN | {"database": _database()}
    if found["database"] != "ok":
        return found, None
    found |= {"migrations": _migrations(), "cache": _cache()}
    if found["cache"] == "ok":
        found["writes"] = _writes()
    waited = oldest_waiting_seconds() if set(found.values()) == {"ok"} else None
    return found, waited


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return NO_ANSWER
    return "ok"


def _migrations() -> str:
    try:
        if known_migrations() <= set(MigrationRecorder(connection).applied_migrations()):
            return "ok"
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "cannot be read"
    return f"{len(pending)} to apply" if pending else "ok"


@functools.cache
def known_migrations() -> frozenset[tuple[str, str]]:
    """Return the migrations of this release; reading them takes longer than asking for all else."""
    return frozenset(MigrationLoader(None).disk_migrations)


def _cache() -> str:
    try:
        cache.get("readyz")
    except DatabaseError:
        return "table missing"
    return "ok"


def _writes() -> str:
    """Write a row of the cache and a file of Postgres's own. A row alone finds room in its table on a full disk too."""
    if cache.get(WRITTEN):
        return "ok"
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL work_mem = '64kB'")
            cursor.execute("SELECT count(*) FROM generate_series(1, %s)", [NUMBERS_WRITTEN])
    except DatabaseError:
        return "fail"
    # Several processes may do so at once: one of them adds, and the others find it.
    is_written = cache.add(WRITTEN, True, WRITE_EVERY_SECONDS) or cache.get(WRITTEN)
    return "ok" if is_written else "fail"


def _ask_redis() -> str:
    options = {"socket_timeout": REDIS_SECONDS, "socket_connect_timeout": REDIS_SECONDS}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, retry=Retry(NoBackoff(), 0), **options) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError):
        return NO_ANSWER
    return "ok"


_database_asker = Look[Database]("database-asker", _look_at_database, (UNKNOWN, None))
_redis_asker = Look("redis-asker", _ask_redis, NO_ANSWER)

"""Answers for load balancers: does the process live, and may it be sent visitors?"""

from concurrent.futures import ThreadPoolExecutor

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.backoff import NoBackoff
from redis.retry import Retry

from outbox.selectors import oldest_waiting_seconds

REDIS_SECONDS = 0.5
# A socket's timeout does not cover everything (the look-up of names has none), so this one ends the whole.
REDIS_SECONDS_IN_ALL = 1.5

_redis_asker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="redis-asker")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process answers; no other server is asked."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers and has every migration and the cache's table, else 503 with the fault.

    Without Redis the status is `degraded` and still 200: pages work, and jobs wait. `oldest_job_seconds` are the
    seconds that the oldest due job has waited for a worker; null when none waits.
    """
    needed = {"database": _database(), "migrations": "unknown", "cache": "unknown"}
    waited = None
    if needed["database"] == "ok":
        needed |= {"migrations": _migrations(), "cache": _cache()}
    is_ready = set(needed.values()) == {"ok"}
    if is_ready:
        waited = oldest_waiting_seconds()
    redis_says = _redis()
    status = "unavailable" if not is_ready else "ok" if redis_says == "ok" else "degraded"
    return JsonResponse(
        {
            "status": status,
            **needed,
            "redis": redis_says,
            "oldest_job_seconds": None if waited is None else round(waited, 1),
        },
        status=200 if is_ready else 503,
    )


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError):
        return "does not answer"
    return "ok"


def _migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "cannot be read"
    return f"{len(pending)} to apply" if pending else "ok"


def _cache() -> str:
    try:
        cache.get("readyz")
    except DatabaseError:
        return "table missing"
    return "ok"


def _redis() -> str:
    asked = _redis_asker.submit(_ping_redis, settings.REDIS_URL)
    try:
        asked.result(timeout=REDIS_SECONDS_IN_ALL)
    except (redis.RedisError, OSError, TimeoutError, ValueError):
        asked.cancel()
        return "does not answer"
    return "ok"


def _ping_redis(url: str) -> None:
    client = redis.Redis.from_url(
        url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS, retry=Retry(NoBackoff(), 0)
    )
    try:
        client.ping()
    finally:
        client.close()

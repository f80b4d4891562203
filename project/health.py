"""What load balancers ask: does the process live, and may it be sent visitors?"""

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
# The patience of a socket does not cover everything (names are looked up without any), so this one ends it all.
REDIS_SECONDS_IN_ALL = 1.5

_redis_asker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="redis-asker")


@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200 as long as the process answers; asks nobody else."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when the database answers and knows every migration and the cache's table, else 503 with what is wrong.

    Without Redis the status is `degraded` and still 200: pages work, and jobs wait. `oldest_job_seconds` is for how
    long the oldest job that is due has waited for a worker; null when none waits.
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

"""Settings read from the environment; required ones have no default."""

import os
from typing import Any, NoReturn

import environ
from django.core.exceptions import ImproperlyConfigured

from common.numbers import whole_number

env = environ.Env()

CONNECTION_OPTIONS = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    # Milliseconds: of what was sent and nobody acknowledged.
    "tcp_user_timeout": 10_000,
}
REQUIRED_WITHOUT_DEBUG = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL")


def written(name: str) -> str:
    """Return the text of a variable without blanks around it, "" where it is not set."""
    return os.environ.get(name, "").strip()


def refuse(*reasons: str) -> NoReturn:
    """Raise ImproperlyConfigured: the shop does not start, for these reasons."""
    raise ImproperlyConfigured(f"Amphi does not start: {'; '.join(reasons)}.")


def refuse_incomplete(*, debug: bool) -> None:
    """Raise ImproperlyConfigured naming every required variable that is missing or empty, unless `debug`."""
    if debug:
        return
    missing = [name for name in REQUIRED_WITHOUT_DEBUG if not written(name)]
    if missing:
        refuse(
            f"with DEBUG off the environment must set {', '.join(missing)}. "
            "See the table of settings in README.md, or use `make run` for development"
        )


def at_least_one(name: str, *, default: int) -> int:
    """Return the whole number in a variable, or `default` where it is not set.

    Raises ImproperlyConfigured for any other text, and for a number below one.
    """
    text = written(name) or str(default)
    number = whole_number(text)
    if not number:
        refuse(f"{name} must be a whole number of at least 1, not {text!r}")
    return number


def payment_providers(*default: str) -> tuple[str, ...]:
    """Return the names in PAYMENT_PROVIDERS, in its order, or `default` where it is not set.

    `free` is always among them: the shop itself confirms an order that costs nothing.
    """
    named = [name.strip() for name in env.list("PAYMENT_PROVIDERS", default=[])]
    return tuple(dict.fromkeys((*(filter(None, named) if any(named) else default), "free")))


def celery_broker(redis_url: str) -> str:
    """Return Celery's spelling of a Redis address: a Unix socket is redis+socket://…?virtual_host=N."""
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("?db=", "?virtual_host=")


def servers_at(database_url: str, redis_url: str) -> dict[str, Any]:
    """Return every setting that names Postgres or Redis. Neither address may be empty when it is used."""
    database = env.db_url_config(database_url) if database_url else {}
    database |= {
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # Named cursors outlive a transaction, which a pooler in transaction mode does not allow.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
    # What the address says counts. A server whose machine is gone is noticed after some ten seconds.
    database["OPTIONS"] = CONNECTION_OPTIONS | database.get("OPTIONS", {})
    return {
        "DATABASES": {"default": database},
        "REDIS_URL": redis_url,
        "CELERY_BROKER_URL": celery_broker(redis_url),
    }

"""How long pages and jobs wait for Postgres, in seconds by the environment."""

from __future__ import annotations

from itertools import pairwise

from project.database_limits import DatabaseLimits
from project.settings.environment import refuse, written

__all__ = ["JOB_LIMITS", "PAGE_LIMITS"]

MOST_SECONDS = 24 * 3600


def seconds(name: str, default: float) -> float:
    """Return a number of seconds, 0 for no limit. Raises ImproperlyConfigured for anything else."""
    typed = written(name)
    try:
        found = float(typed) if typed else default
    except ValueError:
        found = -1
    if not 0 <= found <= MOST_SECONDS:
        refuse(f"{name} is {typed!r}, but must be a number of seconds up to {MOST_SECONDS}, or 0 for no limit")
    return found


def in_order(*limits: tuple[str, float]) -> tuple[float, ...]:
    """Return limits of which each is shorter than the next, 0 being endless. Raises ImproperlyConfigured if one is not:
    it would never come true."""
    for (name, limit), (longer_name, longer) in pairwise(limits):
        if longer and not 0 < limit < longer:
            refuse(f"{name} is {limit:g} s, but must be shorter than {longer_name}, {longer:g} s")
    return tuple(limit for _name, limit in limits)


def read(*named: tuple[str, float]) -> tuple[float, ...]:
    return in_order(*((name, seconds(name, default)) for name, default in named))


_lock, _statement, _whole = read(
    ("DATABASE_LOCK_SECONDS", 4), ("DATABASE_STATEMENT_SECONDS", 10), ("DATABASE_PAGE_SECONDS", 20)
)
PAGE_LIMITS = DatabaseLimits(statement=_statement, lock=_lock, idle=seconds("DATABASE_IDLE_SECONDS", 30), whole=_whole)

_lock, _statement = read(("DATABASE_JOB_LOCK_SECONDS", 30), ("DATABASE_JOB_STATEMENT_SECONDS", 120))
# For how long a job may leave its transaction idle is set by its kind.
JOB_LIMITS = DatabaseLimits(statement=_statement, lock=_lock, idle=0)

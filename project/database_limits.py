"""How long web server and workers wait for Postgres: by its own limits, and by our clock where it says nothing.

Commands of `manage.py` have no limits: a migration may take its time.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, connections

from common.database_waiting import end_waiting

# Postgres's own limit comes first and leaves the connection usable.
MARGIN_SECONDS = 2


@dataclass(frozen=True)
class DatabaseLimits:
    """Limits in seconds; 0 for none. `whole` is the limit of all waiting within one request."""

    statement: float
    lock: float
    idle: float
    whole: float = 0

    @property
    def options(self) -> str:
        """The limits that Postgres keeps, as options of a connection."""
        named = {
            "statement_timeout": self.statement,
            "lock_timeout": self.lock,
            "idle_in_transaction_session_timeout": self.idle,
        }
        return " ".join(f"-c {name}={round(seconds * 1000)}" for name, seconds in named.items() if seconds)


def limit_database(limits: DatabaseLimits) -> None:
    """Put limits on every connection that this process opens from now on."""
    options = connections.settings[DEFAULT_DB_ALIAS]["OPTIONS"]
    # What DATABASE_URL says comes last, and counts.
    options["options"] = f"{limits.options} {options.get('options', '')}".strip()
    if not options["options"]:
        del options["options"]
    answer = limits.statement + MARGIN_SECONDS if limits.statement else None
    end_waiting(connecting=float(options["connect_timeout"]), answer=answer)

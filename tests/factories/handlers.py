"""Participants, and lines of orders without a shop, for tests of handlers."""

from __future__ import annotations

from handlers.testing import (
    account_with_operator,
    claim,
    deliver,
    draft,
    line_context,
    parameters,
    place,
    revoke,
    units,
    visitor_line,
)

__all__ = [
    "account_with_operator",
    "claim",
    "deliver",
    "draft",
    "line_context",
    "parameters",
    "participant",
    "place",
    "revoke",
    "units",
    "visitor_line",
]


def participant(
    email: str, role: str = "student", first_name: str = "Paul", last_name: str = "Petit"
) -> dict[str, str]:
    """Return the answers of a micro-form of a session."""
    return {"role": role, "email": email, "first_name": first_name, "last_name": last_name}

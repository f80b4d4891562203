"""JSON from outside."""

from __future__ import annotations

import json
from typing import Any


def read_json(text: str | bytes) -> Any:
    """Return the value written in JSON. Raises ValueError if it cannot be read, also for being nested too deep."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("The JSON is nested too deep.") from error

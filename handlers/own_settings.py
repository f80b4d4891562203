"""Settings of a handler's own, by environment: each shop has its own addresses and secrets."""

from __future__ import annotations

import os


class SettingMissing(LookupError):
    """A setting without which the handler cannot work is not in the environment."""


def own_setting(handler: str, name: str, default: str | None = None) -> str:
    """Return the variable `EXT_<HANDLER>_<NAME>` of the environment: `own_setting("ext_calls", "token")` reads
    `EXT_CALLS_TOKEN`. Raises SettingMissing, which names the variable, where there is neither value nor default."""
    variable = f"{handler}_{name}".upper()
    value = os.environ.get(variable, "").strip() or default
    if value is None:
        raise SettingMissing(f"The environment does not set {variable}, which the handler {handler} needs.")
    return value

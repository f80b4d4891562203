"""Template of a list of people, to download and fill in."""

from __future__ import annotations

from collections.abc import Sequence

from common.sheets.writing import Cells


def template_of(language: str) -> tuple[Sequence[str], list[Cells]]:
    """Return headings and example rows of a list, in a language of the shop: for `sheet_response`."""
    return [], []

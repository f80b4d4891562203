"""Templates of documents: what makes files of frozen data. Rooms register theirs when they are imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from common.registry import Registry

Plain = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A document for its template: `data` as frozen, `corrects` the number and day of the document it corrects."""

    number: str
    kind: str
    issued_on: date
    language: str
    version: int
    data: Plain
    corrects: tuple[str, date] | None


@dataclass(frozen=True, kw_only=True)
class Template:
    """A template. `version` is given to new documents; older ones are made by the version they were issued with.

    `check` raises for data that no document of the kind can be made of. `make` returns the bytes by form, `pdf` and
    where there is an e-invoice `xml` and `ubl`, and makes the same bytes of the same document.
    """

    name: str
    version: int
    check: Callable[[str, Plain], None]
    make: Callable[[Issued], dict[str, bytes]]


TEMPLATES: Registry[Template] = Registry("template of documents", same=lambda one, other: one == other)

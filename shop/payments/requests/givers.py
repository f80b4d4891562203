"""Givers of promises who pay a share of an order, such as an OPCO: whom the invoice of the share is made out to."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Giver:
    """Organisation that has promised a share. Blank texts for one that nobody named."""

    name: str = ""
    siret: str = ""
    street: str = ""
    postal_code: str = ""
    city: str = ""

    @classmethod
    def kept(cls, values: dict[str, Any]) -> Giver:
        """Return the giver that a request keeps, blank for none."""
        return cls(**{name: str(values.get(name, "")) for name in cls.__dataclass_fields__})

    def as_kept(self) -> dict[str, str]:
        """Return the plain values that a request keeps."""
        return asdict(self)

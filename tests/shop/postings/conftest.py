"""A seller who may issue invoices."""

from __future__ import annotations

from tests.shop.papers.conftest import seller

__all__ = ["seller"]

"""The merchant's pages for the catalogue."""

from catalog.admin.categories import CategoryAdmin
from catalog.admin.duplicate import duplicate
from catalog.admin.entries import EntryAdmin
from catalog.admin.taxes import TaxAdmin

__all__ = ["CategoryAdmin", "EntryAdmin", "TaxAdmin", "duplicate"]

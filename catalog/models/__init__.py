"""Data of the catalogue, with the rules the database itself keeps."""

from catalog.models.categories import Category
from catalog.models.entries import Audience, Entry, EntryState, PriceTier
from catalog.models.fields import EntryField
from catalog.models.taxes import Tax

__all__ = ["Audience", "Category", "Entry", "EntryField", "EntryState", "PriceTier", "Tax"]

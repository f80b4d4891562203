"""The merchant's pages for the catalogue."""

from catalog.admin import categories, duplicate, entries, taxes  # noqa: F401  importing registers the pages

"""Translations, kept up to date and checked with Babel alone, without gettext's tools."""

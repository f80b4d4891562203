"""The translations' catalogues: compiled, kept up to date and checked with Babel alone, without gettext's tools."""

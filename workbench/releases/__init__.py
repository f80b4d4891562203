"""The last release, and what a migration may not do to it."""

"""Sizes up to which a table is read."""

MEGABYTE = 1024**2

# Within the largest body of a form (project/door/limits.py); a list of 5,000 people has a quarter of it.
MAX_BYTES = 2 * MEGABYTE
# Besides one of headings.
MAX_ROWS = 5_000
MAX_COLUMNS = 100

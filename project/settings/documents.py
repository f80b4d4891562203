"""Formats of the numbers of documents, each overridden by NUMBERS_<SEQUENCE>. A series keeps that which it began with.

`{year}` and `{number}` stand in each once; `{number:05}` writes zeros before. Formats differ in more than digits, or
two documents would bear one number.
"""

from documents.series.patterns import BadPattern, check, shape
from project.settings.environment import refuse, written

FORMATS = {
    "proforma": "PF{year}-{number:05}",
    "invoice": "F{year}-{number:05}",
    "credit_note": "A{year}-{number:05}",
    "receipt": "R{year}-{number:05}",
}


def read_formats() -> dict[str, str]:
    """Return the format of each sequence, from the environment or the table. Raises ImproperlyConfigured."""
    formats = {name: written(f"NUMBERS_{name.upper()}") or usual for name, usual in FORMATS.items()}
    for name, pattern in formats.items():
        try:
            check(pattern)
        except BadPattern as error:
            refuse(f"NUMBERS_{name.upper()} is a format like {FORMATS[name]}, not “{pattern}”: {error}")
    if len({shape(pattern) for pattern in formats.values()}) < len(formats):
        refuse("NUMBERS_…: two formats differ in digits only, so that documents of two kinds could get one number")
    return formats


DOCUMENT_NUMBERS = read_formats()

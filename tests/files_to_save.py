"""Answers that are files: saved by the browser under their name, taken for nothing else, and kept by nobody."""

from __future__ import annotations

from django.http.response import HttpResponseBase

_OF_PEOPLE = ("application/pdf", "application/zip", "application/xml", "text/csv", "application/vnd.")
# Shown at once: programs follow the secret link of a calendar, pictures are the merchant's, the sample names nobody.
_SHOWN = ("calendar.ics", "picture.png", "sample-fr.pdf")


def refuse_careless_file(answer: HttpResponseBase) -> None:
    """Fail for a file that may be shown as a page, guessed to be one, or kept by a browser or proxy."""
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    disposition = answer.headers.get("Content-Disposition", "")
    if not disposition:
        assert not answer.headers.get("Content-Type", "").startswith(_OF_PEOPLE), "a file without a name"
    elif disposition not in [f'inline; filename="{name}"' for name in _SHOWN]:
        kept = {each.strip() for each in answer.headers.get("Cache-Control", "").split(",")}
        assert disposition.startswith("attachment;"), disposition
        assert {"no-store", "private"} <= kept, f"{disposition}: {kept}"

"""Names in words of things that code calls by a key: kinds of jobs and of mails, payment methods.

Rows keep the key, and may be of a kind that is not there any more; models and pages ask here, without knowing what
registers the kind.
"""

from __future__ import annotations

from django.utils.functional import Promise

Label = str | Promise


class Labels:
    """Labels by key."""

    def __init__(self) -> None:
        self._labels: dict[str, Label] = {}

    def put(self, key: str, label: Label) -> None:
        """Name a key; a label that is blank names nothing."""
        if label:
            self._labels[key] = label

    def of(self, key: str) -> str:
        """Return the label of a key, in the reader's language; the key itself, as words, for one without."""
        return str(self._labels.get(key) or key.replace("_", " "))

    def sorted(self, keys: list[str]) -> list[tuple[str, str]]:
        """List keys with their labels, by label."""
        return sorted(((key, self.of(key)) for key in keys), key=lambda each: each[1].casefold())

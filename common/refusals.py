"""Refusals: a service says no, in a sentence for the person who asked."""

from __future__ import annotations

from django.utils.functional import Promise


class Refused(Exception):
    """A person asked for something that cannot be done; the message is for him (translatable)."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)

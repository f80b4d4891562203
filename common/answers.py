"""Answers to a browser."""

from __future__ import annotations

from typing import TypeVar

from django.http.response import HttpResponseBase

R = TypeVar("R", bound=HttpResponseBase)


def keep_nowhere(answer: R) -> R:
    """Let no proxy and no browser keep an answer, since people are in it. Return the answer."""
    answer["Cache-Control"] = "no-store, private"
    return answer

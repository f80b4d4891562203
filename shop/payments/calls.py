"""Calls to an outside service over HTTP, with a time limit, and errors as those of the port."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any

from common.outside_json import read_json
from shop.payments.port import CallRefused, Unreachable


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses to carry a password or a token to another address."""

    def redirect_request(self, *_asked: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)


def answer_to(request: urllib.request.Request, *, seconds: float, most_bytes: int) -> bytes:
    """Return the body of the answer, cut off after `most_bytes`; redirects are not followed. Raises Unreachable, and
    CallRefused with the status."""
    try:
        with _opener.open(request, timeout=seconds) as answer:
            body: bytes = answer.read(most_bytes)
            return body
    except urllib.error.HTTPError as error:
        is_for_now = error.code >= 500 or error.code in (408, 429)
        raise (Unreachable if is_for_now else CallRefused)(f"http_{error.code}") from error
    except (OSError, HTTPException) as error:
        raise Unreachable(type(error).__name__) from error


def json_in(body: bytes) -> Any:
    """Return the value that a body says in JSON. Raises Unreachable for one that cannot be read."""
    try:
        return read_json(body)
    except ValueError as error:
        raise Unreachable("unreadable") from error

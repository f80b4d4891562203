"""Calls to an outside service over HTTP, with a time limit, and errors as those of the port."""

from __future__ import annotations

import ipaddress
import urllib.error
import urllib.request
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Any

from django.conf import settings

from common.outside_json import read_json
from shop.payments.port import CallRefused, Unreachable


class Inside(Exception):
    """Refusal to speak to this machine or to its network."""


class _Outside(HTTPConnection):
    """Connection that ends before a word is said when it has led inside: names of domains may lead anywhere."""

    def connect(self) -> None:
        super().connect()
        reached = ipaddress.ip_address(self.sock.getpeername()[0].partition("%")[0])
        if not (getattr(reached, "ipv4_mapped", None) or reached).is_global:
            self.close()
            raise Inside


class _OutsideByTls(HTTPSConnection, _Outside):
    """Connection by TLS that ends likewise, before its first word."""


class _ToTheOutside(urllib.request.HTTPHandler, urllib.request.HTTPSHandler):
    """Opens connections to the outside alone."""

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(_Outside, req)

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(_OutsideByTls, req)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Refuses to carry a password or a token to another address."""

    def redirect_request(self, *_asked: Any) -> None:
        return None


def _opener() -> urllib.request.OpenerDirector:
    """Return what opens addresses. A proxy that the environment names stands inside, and keeps rules of its own."""
    if settings.CALLS_MAY_STAY_INSIDE or urllib.request.getproxies():
        return urllib.request.build_opener(_NoRedirect)
    return urllib.request.build_opener(_NoRedirect, _ToTheOutside)


def answer_to(request: urllib.request.Request, *, seconds: float, most_bytes: int) -> bytes:
    """Return the body of the answer, cut off after `most_bytes`; redirects are not followed. Raises Unreachable, and
    CallRefused with the status, or for an address that leads to this machine or its network."""
    try:
        with _opener().open(request, timeout=seconds) as answer:
            body: bytes = answer.read(most_bytes)
            return body
    except Inside as error:
        raise CallRefused("address_inside") from error
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

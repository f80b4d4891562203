"""Calls to the Flow and Directory Services (XP Z12-013), with a time limit, and errors as those of the port."""

from __future__ import annotations

import json
import secrets
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

from shop.payments.calls import answer_to, json_in
from shop.payments.port import CallRefused, Unreachable

SECONDS = 20
MOST_BYTES = 5_000_000
JSON = "application/json"


class Client:
    """Calls with one account's keys; the token is asked for once."""

    def __init__(self, keys: Mapping[str, str]) -> None:
        if not keys:
            raise CallRefused("not_configured")
        self._keys, self._token = keys, ""

    def flows(self, path: str, body: bytes | None = None, kind: str = JSON) -> Any:
        """Return the answer of the Flow Service, by POST where there is a body."""
        return _json(self._call(self._keys["flow_url"], path, body, kind))

    def file(self, flow_id: str) -> bytes:
        """Return the file of a flow, as its author sent it."""
        return self._call(self._keys["flow_url"], f"/v1/flows/{quoted(flow_id)}?docType=Original", None, JSON)

    def directory(self, path: str, asked: Mapping[str, Any]) -> Any:
        """Return the answer of the Directory Service to a search."""
        return _json(self._call(self._keys["directory_url"], path, json.dumps(asked).encode(), JSON))

    def _call(self, base: str, path: str, body: bytes | None, kind: str) -> bytes:
        headers = {"Authorization": f"Bearer {self._authorised()}", "Accept": "*/*", "Content-Type": kind}
        return _open(urllib.request.Request(base.rstrip("/") + path, body, headers))  # noqa: S310 - of the settings

    def _authorised(self) -> str:
        if not self._token:
            asked = {
                "grant_type": "client_credentials",
                "client_id": self._keys["client_id"],
                "client_secret": self._keys["client_secret"],
            }
            body = urllib.parse.urlencode(asked).encode()
            told = _json(_open(urllib.request.Request(self._keys["token_url"], body)))  # noqa: S310 - of the settings
            token = told.get("access_token") if isinstance(told, dict) else None
            if not isinstance(token, str) or not token.isascii() or not token.isprintable():
                raise Unreachable("unreadable")
            self._token = token
        return self._token


def quoted(text: str) -> str:
    """Return a text as one part of an address."""
    return urllib.parse.quote(text, safe="")


def with_file(info: Mapping[str, Any], name: str, content: bytes) -> tuple[bytes, str]:
    """Return a body of two parts, `flowInfo` and `file`, and its type."""
    boundary = secrets.token_hex(16)
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="flowInfo"\r\nContent-Type: {JSON}\r\n\r\n'
        f"{json.dumps(info)}\r\n"
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    )
    return head.encode() + content + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def _open(request: urllib.request.Request) -> bytes:
    return answer_to(request, seconds=SECONDS, most_bytes=MOST_BYTES)


def _json(body: bytes) -> Any:
    return json_in(body) if body.strip() else {}

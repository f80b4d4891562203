"""A small application behind the door: it tells what it was sent."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from typing import Any


def chunked(*pieces: bytes) -> bytes:
    """Return a body in chunks."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def application(environ: dict[str, Any], start_response: Callable) -> Iterable[bytes]:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    path = environ["PATH_INFO"]
    if path.startswith("/busy/"):
        time.sleep(int(path.removeprefix("/busy/")))
    if path == "/scheme":
        start_response("200 OK", [("Content-Length", str(len(environ["wsgi.url_scheme"])))])
        return [environ["wsgi.url_scheme"].encode()]
    if length > 3 * 1024 * 1024:
        start_response("413 Content Too Large", [("Content-Length", "9")])
        return [b"too large"]
    content = environ["wsgi.input"].read(length)
    answer = f"{environ['REQUEST_METHOD']} {path} {len(content)} {hashlib.sha256(content).hexdigest()[:8]}".encode()
    start_response("200 OK", [("Content-Length", str(len(answer)))])
    return [answer]

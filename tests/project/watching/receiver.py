"""A receiver of whatever the shop sends over HTTP, for the length of a test."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    """Everything received: one path and one unpacked body for each request."""

    def __init__(self) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.address = ""
        self._came = threading.Condition()

    def take(self, path: str, body: bytes) -> None:
        with self._came:
            self.received.append((path, body))
            self._came.notify_all()

    def wait_for(self, *parts: bytes, seconds: float) -> bytes:
        """Return all bodies once each of the parts has come; fail if one does not come in time."""
        with self._came:
            came = self._came.wait_for(lambda: all(part in self.bodies() for part in parts), timeout=seconds)
            assert came, [part for part in parts if part not in self.bodies()]
            return self.bodies()

    def bodies(self) -> bytes:
        return b"\n".join(body for _path, body in self.received)


@contextmanager
def receive() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            receiver.take(self.path, body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.address = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()

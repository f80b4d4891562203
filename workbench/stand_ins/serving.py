"""Serving of a stand-in on this machine: answers, the customer's page, and messages to the shop."""

from __future__ import annotations

import json
import random
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Generic, TypeVar

from workbench.servers.process import stop_signals_held

M = TypeVar("M")

_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<link rel="icon" href="data:,"><title>{name} stand-in</title><h1>{title}</h1><p>{text}</p>'
    '<form method="post"{action}>{buttons}</form></html>'
)


class Answering(BaseHTTPRequestHandler):
    """Handler that answers with JSON, a page of buttons or a redirect."""

    protocol_version = "HTTP/1.1"
    service_name = ""

    def body(self) -> str:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()

    def page(self, title: str, text: str, buttons: Mapping[str, str], *, action: str = "") -> None:
        """Answer with a page of buttons, which post to `action` or to the page itself."""
        made = "".join(
            f'<p><button name="choice" value="{name}">{escape(label)}</button></p>' for name, label in buttons.items()
        )
        leads_to = f' action="{action}"' if action else ""
        written = _PAGE.format(
            name=self.service_name, title=escape(title), text=escape(text), buttons=made, action=leads_to
        )
        self.answer(200, "text/html; charset=utf-8", written.encode())

    def redirect(self, where: str) -> None:
        self.send_response(303)
        self.send_header("Location", where)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def json(self, status: int, answer: Any, kind: str = "application/json") -> None:
        self.answer(status, kind, json.dumps(answer).encode())

    def answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said: object) -> None:
        pass


@dataclass
class Messages(Generic[M]):
    """Messages of a stand-in that wait to be sent, and its behaviour: `twice` sends each twice, `shuffled` in any
    order, `silent` none; `dies` answers no call, although it did what was asked."""

    twice: bool = False
    shuffled: bool = False
    silent: bool = False
    dies: bool = False
    waiting: list[M] = field(default_factory=list)
    lock: Any = field(default_factory=threading.RLock)

    def keep(self, message: M) -> None:
        """Have a message wait."""
        self.waiting += [message, message] if self.twice else [message]

    def taken(self) -> list[M]:
        """Take what waits; return what is to be sent of it."""
        with self.lock:
            messages, self.waiting = self.waiting, []
        if self.silent:
            return []
        if self.shuffled:
            random.shuffle(messages)
        return messages


def send(webhook: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Send a message to the shop; return its answer, 0 if there is none."""
    request = urllib.request.Request(webhook, body, dict(headers))  # noqa: S310 - an address of this machine
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@contextmanager
def serving(handler: type[Answering], *, port: int = 0) -> Iterator[str]:
    """Run a server of a handler on this machine within the block, on a free port for 0; give its address."""
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    # A signal that this thread took would be handled in the main one, even while that holds it back.
    with stop_signals_held():
        thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

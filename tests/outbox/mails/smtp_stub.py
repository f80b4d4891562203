"""A mail server that refuses as told, or says nothing at all, and counts the messages it took."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

LOOK_EVERY_SECONDS = 0.05


def ignore(message: bytes) -> None:
    pass


@dataclass
class Replies:
    """Replies of the server and messages taken; `to_data` answers a whole message, after `on_taken` has run.

    While `is_silent` the server takes connections and says nothing.
    """

    to_sender: str = "250 ok"
    to_recipient: str = "250 ok"
    to_data: str = "250 taken"
    is_silent: bool = False
    on_taken: Callable[[bytes], None] = ignore
    taken: list[bytes] = field(default_factory=list)
    port: int = 0


@contextmanager
def smtp_server(**replies: Any) -> Iterator[Replies]:
    told = Replies(**replies)

    class Conversation(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while told.is_silent:
                time.sleep(LOOK_EVERY_SECONDS)
            with suppress(ConnectionError):  # the client may be killed
                self.converse()

        def converse(self) -> None:
            self.say("220 stub")
            while line := self.rfile.readline().strip().upper():
                verb = line.split(b" ")[0].split(b":")[0]
                if verb == b"DATA":
                    self.say("354 go on")
                    message = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        if not part:
                            return
                        message += part
                    if told.to_data.startswith("250"):
                        told.taken.append(message)
                        told.on_taken(message)
                    self.say(told.to_data)
                elif verb == b"MAIL":
                    self.say(told.to_sender)
                elif verb == b"RCPT":
                    self.say(told.to_recipient)
                elif verb == b"QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

        def say(self, reply: str) -> None:
            self.wfile.write(reply.encode() + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Conversation) as server:
        server.daemon_threads = True
        told.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()

"""gunicorn's threaded worker, whose threads meet only complete requests.

gunicorn's own threads read heads and bodies themselves: as many half-sent requests as there are threads, and no page
is answered. Here the main loop reads, as much and as long as `project.door.limits` allow, and a thread is used once
the request is there. Probes have threads of their own, so that a load balancer hears of a busy process.

Plain HTTP/1 only: a proxy in front speaks TLS.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from selectors import EVENT_READ
from typing import Any

from gunicorn import util
from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from project.door.gathering import Gathering
from project.door.limits import APART

READ_BYTES = 64 * 1024
# All bytes of requests that one process holds; beyond, the largest request that is still on its way is dropped.
HELD_BYTES = 64 * 1024 * 1024
# Pages up to this size are handed to the kernel at once, however slowly they are read. The kernel may allow less.
SENT_AT_ONCE_BYTES = 512 * 1024
# For a reader that takes nothing.
SENDING_SECONDS = 30
# For the other side to read the last answer and to close.
LINGER_SECONDS = 5.0
# For a request that a client is just sending over an idle connection while the server ends.
LAST_REQUEST_SECONDS = 2.0
LOOK_EVERY_SECONDS = 0.25
# Of the connections a process may have: above, the one that has waited longest makes room for the next.
FULL = 0.9

STATUSES: dict[type[Exception], HTTPStatus] = {
    errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
    errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
    errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
    errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
}


class Connection(TConn):
    """A connection, and its next request; for gunicorn's thread it is the parser of that request."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.parser, self.initialized = self, True
        self.until = 0.0
        self.expect_request()

    def expect_request(self) -> None:
        self.gathering = Gathering(self.cfg, self.client)
        self.until = time.monotonic() + self.cfg.keepalive

    def __next__(self) -> Any:
        self.sock.settimeout(SENDING_SECONDS)
        return self.gathering.to_answer()

    def finish_body(self, deadline: float | None = None) -> bool:
        return not self.gathering.is_refused and self.gathering.parser.finish_body()

    @property
    def deadline(self) -> float:
        return self.until if self.gathering.deadline is None else self.gathering.deadline


class DoorWorker(ThreadWorker):
    """Worker with connections that wait for a request, or for their end, in `waiting`: the longest waiting first."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.waiting: dict[Connection, None] = {}
        self.held = 0
        self.looked_at = 0.0
        self.ending_since: float | None = None

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:
        if cfg.is_ssl:
            raise RuntimeError("The web server speaks plain HTTP alone: put a proxy in front that speaks HTTPS.")

    def init_process(self) -> None:
        self.probes = {path: ThreadPoolExecutor(max_workers=4, thread_name_prefix=path[1:]) for path in APART}
        super().init_process()

    # --- In ----------------------------------------------------------------------------------------------------------

    def accept(self, listener: socket.socket) -> None:
        try:
            sock, client = listener.accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                self._drop_the_longest_waiting()
            elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        if self.nr_conns >= self.worker_connections * FULL:
            self._drop_the_longest_waiting()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SENT_AT_ONCE_BYTES)
        self.nr_conns += 1
        self._wait(Connection(self.cfg, sock, client, listener.getsockname()), self.take_in)

    def take_in(self, connection: Connection, _socket: socket.socket) -> None:
        """Read what a connection has for us; hand its request to a thread once that is complete."""
        data = self._read(connection)
        if data is None:
            return
        if not data:
            self._drop(connection)
            return
        self._feed(connection, data)
        if connection.gathering.is_over:
            self._stop_waiting(connection)
            self._hand_over(connection)
        elif self.held > HELD_BYTES:
            self._drop(max(self.waiting, key=lambda each: each.gathering.size))

    def _feed(self, connection: Connection, data: bytes) -> None:
        gathering = connection.gathering
        gathering.feed(data, now=time.monotonic())
        self.held += len(data)
        if gathering.is_awaited():
            with suppress(OSError):
                connection.sock.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _hand_over(self, connection: Connection) -> None:
        request = connection.gathering.request
        path = "" if request is None else request.path
        pool = self.probes[path] if path in APART else self.tpool
        future = pool.submit(self.handle, connection)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, connection, done))

    # --- In a thread -------------------------------------------------------------------------------------------------

    def handle_request(self, req: Any, conn: Connection) -> bool:
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            self.log.debug("A reader takes nothing.")
            return False

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answer what cannot be read. gunicorn's own lines would name the visitor's address and quote the request."""
        if isinstance(exc, errors.ParseException) and not isinstance(
            exc, errors.InvalidResponseHeader | errors.InvalidResponseHeaderName
        ):
            self.log.info("Refused: a request that cannot be read (%s)", type(exc).__name__)
            status = STATUSES.get(type(exc), HTTPStatus.BAD_REQUEST)
        else:
            self.log.exception("Error handling a request")
            status = HTTPStatus.INTERNAL_SERVER_ERROR
        with suppress(OSError):
            util.write_error(client, status.value, status.phrase, "")

    # --- Out ---------------------------------------------------------------------------------------------------------

    def finish_request(self, conn: Connection, fs: Future[bool]) -> None:
        """Wait for the connection's next request, or for its end. Runs in the main loop."""
        self.held -= conn.gathering.size
        stays = not fs.cancelled() and fs.exception() is None and fs.result()
        rest = conn.gathering.rest() if stays else b""
        conn.expect_request()
        try:
            if not stays:
                self._linger(conn)
                return
            if rest:
                self._feed(conn, rest)
            if conn.gathering.is_over:
                self._hand_over(conn)
            else:
                self._wait(conn, self.take_in)
        except (OSError, RuntimeError, ValueError):  # closed by the other side, or the server ends
            self._close(conn)

    def _linger(self, connection: Connection) -> None:
        """Wait for the other side to close: closing before it has read all makes the kernel throw the answer away."""
        connection.sock.shutdown(socket.SHUT_WR)
        connection.until = time.monotonic() + LINGER_SECONDS
        self._wait(connection, self.read_to_the_end)

    def read_to_the_end(self, connection: Connection, _socket: socket.socket) -> None:
        if self._read(connection) == b"":
            self._drop(connection)

    # --- Waiting -----------------------------------------------------------------------------------------------------

    def _wait(self, connection: Connection, act: Callable[[Connection, socket.socket], None]) -> None:
        connection.sock.setblocking(False)
        self.poller.register(connection.sock, EVENT_READ, partial(act, connection))
        self.waiting[connection] = None

    def _stop_waiting(self, connection: Connection) -> None:
        del self.waiting[connection]
        self.poller.unregister(connection.sock)

    def _read(self, connection: Connection) -> bytes | None:
        """Return what is there, b"" at the end, None if there is nothing yet."""
        if connection not in self.waiting:  # dropped by an event before this one
            return None
        try:
            return connection.sock.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            return b""

    def _drop(self, connection: Connection) -> None:
        self._stop_waiting(connection)
        self.held -= connection.gathering.size
        self._close(connection)

    def _close(self, connection: Connection) -> None:
        self.nr_conns -= 1
        connection.close()

    def _drop_the_longest_waiting(self) -> None:
        if self.waiting:
            self._drop(next(iter(self.waiting)))

    def murder_pending(self) -> None:
        """Close connections whose time is over. gunicorn calls this in each turn of its main loop."""
        now = time.monotonic()
        if now - self.looked_at < LOOK_EVERY_SECONDS:
            return
        self.looked_at = now
        if not self.alive and self.ending_since is None:
            self.ending_since = now
        for connection in list(self.waiting):
            if self._is_overdue(connection, now):
                if connection.gathering.size:
                    with suppress(OSError):
                        connection.sock.send(b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n")
                self._drop(connection)

    def _is_overdue(self, connection: Connection, now: float) -> bool:
        if self.ending_since is not None and not connection.gathering.size:
            return now > min(connection.until, self.ending_since + LAST_REQUEST_SECONDS)
        return now > connection.deadline

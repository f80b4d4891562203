"""The web server as production configures it, in front of slow and greedy senders. One process with two threads."""

from __future__ import annotations

import hashlib
import http.client
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from project.door import limits
from tests.patience import HELD_UP_SECONDS, PATIENCE_SECONDS, wait_until
from tests.project.door.hall import chunked
from tests.servers import PROJECT
from workbench.listener import HOST, listen
from workbench.servers.process import Child, Program

BUSY_SECONDS = 10
MANY = 40
THREADS = 2


@dataclass
class Hall:
    """A running web server."""

    port: int
    child: Child
    log: Path

    def connect(self) -> socket.socket:
        return socket.create_connection((HOST, self.port), timeout=30)

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def answers(self) -> bool:
        try:
            return self.get("/")[0] == 200
        except OSError:
            return False


@pytest.fixture(scope="module")
def hall(tmp_path_factory) -> Iterator[Hall]:
    with running_hall(tmp_path_factory.mktemp("hall") / "web.log") as found:
        yield found


@contextmanager
def running_hall(log: Path) -> Iterator[Hall]:
    with ExitStack() as stack:
        listener = stack.enter_context(listen(0))
        program = Program(
            name="web",
            command=[
                *(sys.executable, "-m", "gunicorn", "tests.project.door.hall:application"),
                *("--config", "python:project.web_server", "--bind", f"fd://{listener.fileno()}"),
                *("--workers", "1", "--threads", str(THREADS), "--worker-connections", str(2 * MANY)),
            ],
            folder=PROJECT,
            environment=os.environ | {"DJANGO_SETTINGS_MODULE": "project.settings.test"},
            log=log,
            inherited_files=[listener.fileno()],
            death_signal=signal.SIGQUIT,
        )
        child = stack.enter_context(program.running())
        found = Hall(listener.getsockname()[1], child, log)
        child.wait_until(found.answers, seconds=PATIENCE_SECONDS)
        yield found


def sent(hall: Hall, *pieces: bytes) -> socket.socket:
    connection = hall.connect()
    for piece in pieces:
        connection.sendall(piece)
    return connection


def answer_of(connection: socket.socket) -> bytes:
    """Return all that comes until the server closes."""
    received = b""
    with connection:
        while piece := connection.recv(65536):
            received += piece
    return received


HALF_HEAD = b"GET / HTTP/1.1\r\nHost: sho"
HALF_BODY = b"POST /cart/ HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000\r\n\r\nhalf"
HALF_CHUNKS = b"POST /cart/ HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha"


@pytest.mark.parametrize("half", [b"", HALF_HEAD, HALF_BODY, HALF_CHUNKS], ids=["nothing", "head", "body", "chunks"])
def test_requests_sent_by_halves_stop_no_page(hall, half):
    slow = [sent(hall, half) for _ in range(MANY)]
    began = time.monotonic()

    answers = [hall.get("/")[0] for _ in range(10)]

    assert answers == [200] * 10
    assert time.monotonic() - began < HELD_UP_SECONDS
    for connection in slow:
        connection.close()


def test_more_slow_senders_than_connections_make_room_for_others(hall):
    slow = [sent(hall, HALF_BODY) for _ in range(3 * MANY)]
    began = time.monotonic()

    assert hall.get("/")[0] == 200
    assert time.monotonic() - began < HELD_UP_SECONDS
    for connection in slow:
        connection.close()


def test_what_is_sent_too_slowly_is_ended(hall):
    connection = sent(hall, HALF_HEAD)
    began = time.monotonic()

    assert answer_of(connection).startswith(b"HTTP/1.1 408 ")
    assert limits.HEAD_SECONDS - 1 < time.monotonic() - began < 2 * limits.HEAD_SECONDS


def test_a_body_too_large_is_refused_before_it_is_sent(hall):
    head = b"POST /cart/ HTTP/1.1\r\nHost: shop\r\nContent-Length: 300000000\r\n\r\n"

    answer = answer_of(sent(hall, head, b"begin"))

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in answer


def test_whoever_goes_on_sending_a_body_too_large_reads_the_answer_all_the_same(hall):
    connection = hall.connect()
    connection.sendall(b"POST /cart/ HTTP/1.1\r\nHost: shop\r\nContent-Length: 300000000\r\n\r\n")
    for _ in range(100):
        connection.sendall(b"x" * 65536)

    assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")
    connection.close()


def test_a_body_is_asked_for_only_if_it_will_be_taken(hall):
    for length, answer in ((5, b"HTTP/1.1 100 Continue"), (300_000_000, b"HTTP/1.1 413 ")):
        head = f"POST /cart/ HTTP/1.1\r\nHost: shop\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n"
        connection = sent(hall, f"{head}Connection: close\r\n\r\n".encode())
        assert connection.recv(65536).startswith(answer)
        if length == 5:
            connection.sendall(b"hello")
            assert b" /cart/ 5 " in answer_of(connection)
        connection.close()


@pytest.mark.parametrize("size", [0, 1, 70_000, 2_000_000])
def test_bodies_arrive_whole(hall, size):
    content = os.urandom(size)
    digest = hashlib.sha256(content).hexdigest()[:8].encode()
    close = b"Connection: close\r\n"
    plain = b"POST /cart/ HTTP/1.1\r\nHost: shop\r\n%sContent-Length: %d\r\n\r\n%s" % (close, size, content)
    pieces = [content[at : at + 30_000] for at in range(0, size, 30_000)]
    in_chunks = b"POST /cart/ HTTP/1.1\r\nHost: shop\r\n%sTransfer-Encoding: chunked\r\n\r\n" % close + chunked(*pieces)

    for request in (plain, in_chunks):
        assert answer_of(sent(hall, request)).endswith(b"POST /cart/ %d %s" % (size, digest))


def test_a_connection_carries_one_request_after_the_other_also_when_sent_at_once(hall):
    connection = http.client.HTTPConnection(HOST, hall.port, timeout=30)
    for number in range(3):
        connection.request("POST", f"/{number}", body=b"x" * number)
        assert connection.getresponse().read().startswith(f"POST /{number} {number} ".encode())
    connection.close()

    both = b"GET /one HTTP/1.1\r\nHost: shop\r\n\r\nGET /two HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n"
    answer = answer_of(sent(hall, both))
    assert answer.index(b"GET /one") < answer.index(b"GET /two")


def test_probes_are_answered_while_every_thread_is_busy(hall):
    busy = [sent(hall, b"GET /busy/%d HTTP/1.1\r\nHost: shop\r\n\r\n" % BUSY_SECONDS) for _ in range(THREADS)]
    time.sleep(0.2)

    assert hall.get("/healthz")[0] == hall.get("/readyz")[0] == 200

    assert select.select(busy, [], [], 0)[0] == []
    for connection in busy:
        connection.close()


def test_readers_that_take_nothing_hold_up_no_page(hall):
    slow = [sent(hall, b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n") for _ in range(MANY)]

    assert hall.get("/")[0] == 200
    for connection in slow:
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        connection.close()


def test_the_server_itself_believes_no_header_about_https(hall):
    request = b"GET /scheme HTTP/1.1\r\nHost: shop\r\nX-Forwarded-Proto: https\r\nConnection: close\r\n\r\n"

    assert answer_of(sent(hall, request)).endswith(b"\r\n\r\nhttp")


def test_what_cannot_be_read_is_answered_and_named_nowhere(hall):
    answers = [
        answer_of(sent(hall, request))
        for request in (
            b"NONSENSE alice@shop.example\r\n\r\n",
            b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: shop\r\n\r\n",
            b"GET / HTTP/1.1\r\nX: " + b"x" * limits.HEAD_BYTES + b"\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        )
    ]

    assert [answer[9:12] for answer in answers] == [b"400", b"414", b"431", b"400"]
    refused = "Refused: a request that cannot be read (InvalidRequestLine)"
    wait_until(lambda: refused in hall.log.read_text(), told=hall.log.read_text)
    told = hall.log.read_text()
    assert "127.0.0.1" not in told.replace("Listening at: http://127.0.0.1", "")
    assert "alice" not in told


def test_ending_waits_for_the_answers_under_way_and_for_nothing_else(tmp_path):
    with running_hall(tmp_path / "web.log") as hall:
        idle = sent(hall, b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n")
        under_way = sent(hall, b"GET /busy/2 HTTP/1.1\r\nHost: shop\r\n\r\n")
        time.sleep(0.5)
        began = time.monotonic()

        hall.child.ask_to_stop()

        assert b"GET /busy/2 " in answer_of(under_way)
        while hall.child.is_running:
            assert time.monotonic() - began < HELD_UP_SECONDS
            time.sleep(0.05)
        idle.close()

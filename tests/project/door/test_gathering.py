"""A request on its way in, piece by piece."""

from __future__ import annotations

import pytest
from gunicorn.config import Config
from gunicorn.http import errors

from catalog.services import images
from project.door import limits
from project.door.gathering import Gathering
from tests.project.door.hall import chunked

FORM = b"POST /cart/ HTTP/1.1\r\nHost: shop\r\nContent-Length: 9\r\n\r\nquantity=3"[:-1]
CHUNKED = b"POST /cart/ HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: chunked\r\n\r\n"


def gathered(*pieces: bytes, now: float = 0.0) -> Gathering:
    gathering = Gathering(Config(), ("203.0.113.5", 1))
    for piece in pieces:
        gathering.feed(piece, now=now)
    return gathering


def body(gathering: Gathering) -> bytes:
    request = gathering.to_answer()
    content = request.body.read()
    told = dict(request.headers).get("CONTENT-LENGTH", "0")
    assert told == str(len(content))
    return content


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize(
    ("sent", "content"),
    [
        (b"GET / HTTP/1.1\r\nHost: shop\r\n\r\n", b""),
        (FORM, b"quantity="),
        (CHUNKED + chunked(b"quantity=", b"3"), b"quantity=3"),
        (CHUNKED + b"3;why=not\r\nabc\r\n0\r\nChecked: yes\r\n\r\n", b"abc"),
    ],
)
def test_is_over_with_its_last_byte_and_not_before(sent, content, size):
    pieces = [sent[at : at + size] for at in range(0, len(sent), size)]

    assert not gathered(*pieces[:-1]).is_over
    whole = gathered(*pieces)
    assert (whole.is_over, whole.is_refused) == (True, False)
    assert body(whole) == content
    assert whole.rest() == b""


def test_what_comes_behind_it_is_the_next_request():
    following = b"GET /second HTTP/1.1\r\n"

    for first, content in ((FORM, b"quantity="), (CHUNKED + chunked(b"abc"), b"abc")):
        whole = gathered(first + following)
        assert body(whole) == content
        assert whole.rest() == following


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/cart/", 2_621_440),
        ("/payments/sandbox/webhook/", limits.WEBHOOK_BYTES),
        ("/admin/catalog/entry/add/", limits.ADMIN_BYTES),
        ("/administration/", 2_621_440),
    ],
)
def test_is_refused_by_the_length_it_announces(path, limit):
    for length, is_refused in ((limit, False), (limit + 1, True)):
        head = f"POST {path} HTTP/1.1\r\nHost: shop\r\nContent-Length: {length}\r\n\r\n".encode()
        announced = gathered(head)

        assert (announced.is_over, announced.is_refused) == (is_refused, is_refused)
        assert announced.request.should_close() is is_refused


def test_without_a_length_it_is_refused_once_too_much_came():
    head = CHUNKED.replace(b"/cart/", b"/payments/sandbox/webhook/")
    piece = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"

    endless = gathered(head, *[piece] * 7)
    assert not endless.is_over
    endless.feed(piece, now=0.0)

    assert (endless.is_over, endless.is_refused) == (True, True)
    told = int(dict(endless.to_answer().headers)["CONTENT-LENGTH"])
    assert told > limits.WEBHOOK_BYTES
    assert endless.to_answer().body.read() == b""


def test_a_picture_and_its_form_fit_into_the_administration():
    assert limits.ADMIN_BYTES >= images.BYTES_AT_MOST + 1024 * 1024


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"NONSENSE\r\n\r\n", errors.InvalidRequestLine),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n", errors.InvalidHeader),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * limits.HEAD_BYTES, errors.LimitRequestHeaders),
        (CHUNKED + b"nonsense\r\n", errors.InvalidChunkSize),
        (CHUNKED + b"-5\r\n", errors.InvalidChunkSize),
    ],
)
def test_what_cannot_be_read_is_over_at_once(sent, error):
    broken = gathered(sent)

    assert broken.is_over
    with pytest.raises(error):
        broken.to_answer()


def test_has_a_deadline_that_moves_only_with_what_comes():
    waiting = gathered()
    assert waiting.deadline is None

    waiting.feed(FORM[:10], now=100.0)
    waiting.feed(FORM[10:20], now=105.0)
    assert waiting.deadline == 100.0 + limits.HEAD_SECONDS

    waiting.feed(FORM[20:-1], now=106.0)
    assert waiting.deadline == pytest.approx(106.0 + limits.BODY_SECONDS, abs=0.1)

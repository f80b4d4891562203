"""One request on its way in: its bytes as they come, until it is complete or is to be refused.

No socket is read here and nothing waits. gunicorn's own parser reads head and body, from bytes that are there.
"""

from __future__ import annotations

import io
from typing import Any

from gunicorn.http.body import Body, ChunkedReader, LengthReader
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import IterUnreader

from project.door import limits


class Gathering:
    """A request in the making.

    `is_over` once nothing more is to be read for it: it is complete, or its head cannot be read (`error`), or its body
    is too long (`is_refused`). The application answers a refused one, by the length that the head announces.
    """

    def __init__(self, cfg: Any, client: Any) -> None:
        self.source = _Source()
        self.parser = RequestParser(cfg, self.source, client)
        self.request: Any = None
        self.error: Exception | None = None
        self.is_refused = False
        self.is_over = False
        self.size = 0
        self.body_size = 0
        # A moment of `time.monotonic()`, None before the first byte.
        self.deadline: float | None = None
        self._awaited = 0
        self._chunks: Chunks | None = None

    def feed(self, data: bytes, *, now: float) -> None:
        """Take in more bytes; `now` is the time of `time.monotonic()`."""
        if self.deadline is None:
            self.deadline = now + limits.HEAD_SECONDS
        self.source.data += data
        self.size += len(data)
        if self.request is not None:
            self._take_body(data)
            return
        ends = self.source.data.find(b"\r\n\r\n", max(0, self.size - len(data) - 3))
        if 0 <= ends <= limits.HEAD_BYTES:
            self._read_head(bytes(self.source.data[ends + 4 :]), now)
        elif self.size > limits.HEAD_BYTES:
            self._fail(LimitRequestHeaders("head of a request"))

    def is_awaited(self) -> bool:
        """Tell whether the sender waits for a word before sending the body; tells so once."""
        if self.is_over or not self.request or not self.request._expected_100_continue:
            return False
        self.request._expected_100_continue = False
        return True

    def to_answer(self) -> Any:
        """Return the request; its body can be read at once, and its length is told. Raises what gunicorn's parser
        raised."""
        if self.error is not None:
            raise self.error
        if self._chunks is not None:
            self._tell_length(b"" if self.is_refused else self.request.body.read())
        return self.request

    def rest(self) -> bytes:
        """Return the bytes that came behind the request."""
        return self.parser.unreader.take_buffered() + bytes(self.source.data)

    def _read_head(self, body: bytes, now: float) -> None:
        try:
            self.request = next(self.parser)
        except Exception as error:
            self._fail(error)
            return
        reader = self.request.body.reader
        if isinstance(reader, ChunkedReader):
            self._chunks = Chunks()
        else:
            self._awaited = reader.length
        self.deadline = now + limits.BODY_SECONDS
        self._take_body(body)

    def _take_body(self, data: bytes) -> None:
        assert self.deadline is not None
        self.body_size += len(data)
        self.deadline += len(data) / limits.BYTES_PER_SECOND
        if self._chunks is not None:
            self._chunks.feed(data)
        is_complete = self._chunks.are_over if self._chunks is not None else self.body_size >= self._awaited
        # What comes behind a complete body belongs to the next request.
        known = self._awaited if self._chunks is None else 0 if is_complete else self.body_size
        self.is_refused = known > limits.largest_body(self.request.path)
        if self.is_refused:
            self.request.force_close()
            self.request._expected_100_continue = False
        self.is_over = is_complete or self.is_refused

    def _tell_length(self, body: bytes) -> None:
        """Replace a body in chunks, whose length no header tells, by one that is told."""
        length = self.body_size if self.is_refused else len(body)
        headers = [(name, value) for name, value in self.request.headers if name != "TRANSFER-ENCODING"]
        self.request.headers = [*headers, ("CONTENT-LENGTH", str(length))]
        self.request.body = Body(LengthReader(IterUnreader([body]), len(body)))

    def _fail(self, error: Exception) -> None:
        self.error, self.is_over = error, True


class Chunks:
    """Finder of the end of a body in chunks. Whether the chunks are well made is for gunicorn's parser to say."""

    def __init__(self) -> None:
        self.are_over = False
        self._line = b""
        self._skipped = 0
        self._is_last = False

    def feed(self, data: bytes) -> None:
        lines = io.BytesIO(data)
        while not self.are_over:
            if self._skipped:
                passed = len(lines.read(self._skipped))
                self._skipped -= passed
                if not passed:
                    return
                continue
            self._line += lines.readline()
            if not self._line.endswith(b"\n"):
                self.are_over = len(self._line) > limits.HEAD_BYTES
                return
            self._end_line(self._line.strip())
            self._line = b""

    def _end_line(self, line: bytes) -> None:
        if self._is_last:
            self.are_over = not line
            return
        try:
            size = int(line.partition(b";")[0], 16)
        except ValueError:
            size = -1
        self.are_over = size < 0
        self._is_last = size == 0
        # With the line break behind the chunk.
        self._skipped = size + 2 if size > 0 else 0


class _Source:
    """Source of gunicorn's parser, in place of a socket: the bytes that are there, and never a wait."""

    def __init__(self) -> None:
        self.data = bytearray()

    def recv(self, size: int) -> bytes:
        data = bytes(self.data[:size])
        del self.data[:size]
        return data

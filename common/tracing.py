"""Traces: a span for each step of some work, from a request to its jobs and their mails.

Nothing happens here until a tracer is put in (`project.watching.traces`). A span's name and attributes hold no person,
no typed text and no address of a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

Attributes = dict[str, str | int]


class Span(Protocol):
    """A step under way, whose name and attributes may become known in its course."""

    def tell(self, name: str | None = None, *, failed: str = "", **attributes: str | int | None) -> None:
        """Name the step, add attributes (those that are None are left out), or note the kind of its failure."""


class Tracer(Protocol):
    def span(self, name: str, parent: str, attributes: Attributes) -> AbstractContextManager[Span]:
        """Run the block as a step, of the trace that `parent` names, else of the present one."""

    def parent(self) -> str:
        """Return the name of the present step for `span`, "" outside of one."""

    def present(self) -> Span:
        """Return the present step; one that takes anything and tells nothing outside of one."""


class _NoSpan:
    def tell(self, name: str | None = None, *, failed: str = "", **attributes: str | int | None) -> None:
        pass


_NOTHING = nullcontext(_NoSpan())
_tracer: Tracer | None = None


def span(name: str, *, parent: str = "", **attributes: str | int | None) -> AbstractContextManager[Span]:
    """Run a block as a step; attributes that are None are left out."""
    if _tracer is None:
        return _NOTHING
    return _tracer.span(name, parent, {key: value for key, value in attributes.items() if value is not None})


def parent() -> str:
    """Return the name of the present step, under which work that is done later goes on; "" where nothing is traced."""
    return "" if _tracer is None else _tracer.parent()


def tell(*, failed: str = "", **attributes: str | int | None) -> None:
    """Add to the present step; see `Span.tell`."""
    if _tracer is not None:
        _tracer.present().tell(None, failed=failed, **attributes)


def trace_with(tracer: Tracer | None) -> None:
    """Put the tracer of this process in; None for no traces."""
    global _tracer
    _tracer = tracer


@contextmanager
def traced_with(tracer: Tracer) -> Iterator[None]:
    """Put a tracer in for the length of a block: for tests."""
    before = _tracer
    trace_with(tracer)
    try:
        yield
    finally:
        trace_with(before)

"""The kinds of mails and their templates. Upper floors register theirs in `<app>/mails.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from django.utils.functional import Promise

from outbox.errors import UnknownKind
from outbox.mails.models import Mail

# Stands where a one-time link or code was, wherever a mail is shown instead of sent.
BLANK = "••••••"


class Build(Protocol):
    def __call__(self, mail: Mail, *, blank: bool) -> dict[str, Any]: ...


@dataclass(frozen=True)
class MailKind:
    """`template` names three files: `.subject.txt`, `.txt` and `.html`; `label` is what the administration calls it.

    `build(mail, blank=…)` adds to the mail's context what is only known when it is rendered, such
    as derived links; with `blank` it puts BLANK where they would stand.
    """

    name: str
    template: str
    build: Build | None
    label: str | Promise = ""


_kinds: dict[str, MailKind] = {}
_frames: list[Callable[[], dict[str, Any]]] = []


def register_mail_kind(name: str, *, template: str, build: Build | None = None, label: str | Promise = "") -> MailKind:
    """Registers a kind of mail; another template for a name already taken is refused."""
    if name in _kinds and _kinds[name].template != template:
        raise ValueError(f"Two templates want the mail kind {name!r}: {_kinds[name].template!r} and {template!r}.")
    _kinds[name] = MailKind(name, template, build, label)
    return _kinds[name]


def get_mail_kind(name: str) -> MailKind:
    """Raises UnknownKind when nothing is registered under `name`."""
    try:
        return _kinds[name]
    except KeyError:
        raise UnknownKind(f"No mail of kind {name!r} is registered.") from None


def mail_kind_label(name: str) -> str:
    """What the reader calls a kind of mail; the bare name of one without a label, or from an older release."""
    kind = _kinds.get(name)
    return str(kind.label) if kind and kind.label else name.replace("_", " ")


def mail_kind_labels() -> list[tuple[str, str]]:
    """Name and label of every registered kind, by label."""
    return sorted(((name, mail_kind_label(name)) for name in _kinds), key=lambda kind: kind[1].casefold())


@contextmanager
def temporary_mail_kind(name: str, *, template: str, build: Build | None = None) -> Iterator[MailKind]:
    """Registers a kind for the length of a `with` block: for tests."""
    before = _kinds.pop(name, None)
    try:
        yield register_mail_kind(name, template=template, build=build)
    finally:
        del _kinds[name]
        if before is not None:
            _kinds[name] = before


def register_mail_frame(frame: Callable[[], dict[str, Any]]) -> None:
    """Adds to what every mail's template knows: the shop's name and address come from a floor above."""
    if frame not in _frames:
        _frames.append(frame)


def frame_context() -> dict[str, Any]:
    """What the registered frames say now, later ones overriding earlier ones."""
    return {name: value for frame in _frames for name, value in frame().items()}

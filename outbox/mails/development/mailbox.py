"""Reading the folder into which development writes its mails instead of sending them.

Django's file backend appends messages to `.log` files, each closed by a line of dashes.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from django.conf import settings

END_OF_MESSAGE = b"-" * 79 + b"\n"
NAME = re.compile(r"(?P<file>[0-9A-Za-z_-]+)\.(?P<index>[0-9]{1,6})", re.ASCII)
NEWEST = 200


@dataclass(frozen=True)
class DevelopmentMail:
    """A mail as it went out. `name` finds it again: its file, and its place in it."""

    name: str
    written_at: datetime
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def recipients(self) -> str:
        return str(self.message["To"] or "")

    @property
    def sender(self) -> str:
        return str(self.message["From"] or "")

    @property
    def text(self) -> str:
        return _part(self.message, "plain")

    @property
    def html(self) -> str:
        return _part(self.message, "html")


def newest_mails(limit: int = NEWEST) -> list[DevelopmentMail]:
    """Return the mails written last, the newest first."""
    mails: list[DevelopmentMail] = []
    for path in sorted(_files(), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True):
        mails += reversed(list(_mails_in(path)))
        if len(mails) >= limit:
            break
    return mails[:limit]


def find_mail(name: str) -> DevelopmentMail | None:
    """Return the mail of that name; None when there is none, for any text."""
    match = NAME.fullmatch(name)
    if match is None:
        return None
    path = _folder() / f"{match['file']}.log"
    if not path.is_file():
        return None
    return next((mail for mail in _mails_in(path) if mail.name == name), None)


def _folder() -> Path:
    return Path(settings.EMAIL_FILE_PATH or "/nonexistent")


def _files() -> list[Path]:
    return [path for path in _folder().glob("*.log") if NAME.fullmatch(f"{path.stem}.0")]


def _mails_in(path: Path) -> Iterator[DevelopmentMail]:
    written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    # The text after the last line of dashes is still being written.
    for index, source in enumerate(path.read_bytes().split(b"\n" + END_OF_MESSAGE)[:-1]):
        message = email.message_from_bytes(source, _class=EmailMessage, policy=email.policy.default)
        yield DevelopmentMail(f"{path.stem}.{index}", written_at, message)


def _part(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    return str(part.get_content()) if part is not None else ""

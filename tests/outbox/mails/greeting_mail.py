"""A kind of mail for tests, with templates of its own."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from outbox.mails.kinds import MailKind, Receiver, temporary_mail_kind

TEMPLATES = Path(__file__).parent / "templates"


@contextmanager
def greeting_kind(settings) -> Iterator[MailKind]:
    """Register the mail kind `greeting`, whose templates show a name, a day, an amount and a secret."""
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["DIRS"] = [*templates[0]["DIRS"], TEMPLATES]
    settings.TEMPLATES = templates
    with temporary_mail_kind("greeting", template="outbox_tests/greeting", receiver=Receiver.READER) as kind:
        yield kind

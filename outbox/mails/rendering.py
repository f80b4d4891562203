"""Subject and text of a mail, rendered from its row in the mail's language, for sending or for showing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template import Context, Engine
from django.utils import translation

from common.defused import defused_values
from common.secrets import decrypt
from outbox.mails.kinds import BLANK, MAIL_KINDS, MailKind, frame_context
from outbox.mails.models import Mail


@dataclass(frozen=True)
class Attachment:
    """File that a mail carries. `content` is called when the mail is sent."""

    name: str
    content_type: str
    content: Callable[[], bytes]


@dataclass(frozen=True)
class RenderedMail:
    """Mail as it is read. `sender_name` is "" where no floor above names the sender, `unsubscribe_url` for a mail that
    nobody turns off. `attachments` are those that its kind puts into its context."""

    subject: str
    text: str
    html: str
    sender_name: str = ""
    unsubscribe_url: str = ""
    attachments: Sequence[Attachment] = ()


def render_mail(mail: Mail, *, blank_secrets: bool) -> RenderedMail:
    """Return the mail's subject (one line), plain text and HTML, in the mail's language.

    With `blank_secrets` one-time links and codes are replaced by dots: for showing the mail to others than its
    recipient. Raises Unregistered, and Undecryptable when its secret cannot be read.
    """
    kind = MAIL_KINDS.get(mail.kind)
    with translation.override(mail.language):
        context = {
            "site_url": settings.SITE_URL,
            "shop_name": urlsplit(settings.SITE_URL).hostname,
            "language": mail.language,
            **frame_context(),
            **_typed(mail, kind),
            "secret": _secret(mail, blank=blank_secrets),
        }
        if kind.build is not None:
            context |= kind.build(mail, blank=blank_secrets)
        subject = one_line(_render(f"{kind.template}.subject.txt", context, autoescape=False))
        context["subject"] = subject
        return RenderedMail(
            subject=subject,
            text=_without_gaps(_render(f"{kind.template}.txt", context, autoescape=False)),
            html=_render(f"{kind.template}.html", context, autoescape=True),
            sender_name=one_line(str(context.get("sender_name", ""))),
            unsubscribe_url=str(context.get("unsubscribe_url", "")),
            attachments=context.get("attachments", ()),
        )


def _typed(mail: Mail, kind: MailKind) -> dict[str, Any]:
    """Return the stored context; for a mail to others without any address that a program would make a link of."""
    if not kind.is_to_others:
        return mail.context
    return {key: value if key in kind.as_is else defused_values(value) for key, value in mail.context.items()}


def one_line(text: str) -> str:
    """Return the text without line breaks or control characters, so that it can never end a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _without_gaps(text: str) -> str:
    """Reduce several empty lines to one: tags that stand on lines of their own leave empty ones behind."""
    return re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", text.strip()) + "\n"


def _render(name: str, context: dict[str, Any], *, autoescape: bool) -> str:
    """Render a template; in plain text an apostrophe is not escaped."""
    return Engine.get_default().get_template(name).render(Context(context, autoescape=autoescape))


def _secret(mail: Mail, *, blank: bool) -> str:
    if not mail.has_secret:
        return ""
    return BLANK if blank or not mail.secret else decrypt(mail.secret)

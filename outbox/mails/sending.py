"""Hand-over of a mail to the mail server; permanent refusals are told from temporary ones."""

from __future__ import annotations

import smtplib
from collections.abc import Collection
from datetime import datetime
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from outbox.errors import Final, ServiceAway, Temporary
from outbox.mails.models import Mail
from outbox.mails.rendering import RenderedMail, render_mail

SERVER_TIMEOUT = 20
SUBJECT_LENGTH = 300
# The server's answer when it closes the conversation (RFC 5321).
SERVICE_NOT_AVAILABLE = 421


def send(mail: Mail) -> str:
    """Send one queued mail, with the Message-ID of its row, through Django's mail backend, and return its subject, ""
    for that of a mail with a secret, which may stand in it.

    Raises Final when the server refuses this mail or its recipient for good, Temporary when the server may accept the
    mail later, ServiceAway when the server cannot be reached or refuses the shop itself.
    """
    rendered = render_mail(mail, blank_secrets=False)
    message = _message(mail, rendered)
    try:
        message.send()
    except smtplib.SMTPNotSupportedError as error:
        raise Final(_say(error)) from error
    except (smtplib.SMTPAuthenticationError, smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
        # These errors refuse the shop, not the mail: with Final, one wrong setting would end every mail.
        raise ServiceAway(_say(error)) from error
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _text in error.recipients.values()]
        raise _by_code(min(codes, default=0), error) from error
    except smtplib.SMTPSenderRefused as error:
        raise ServiceAway(_say(error)) from error
    except smtplib.SMTPResponseException as error:
        raise _by_code(error.smtp_code, error) from error
    except OSError as error:
        raise ServiceAway(_say(error)) from error
    return "" if mail.has_secret else rendered.subject


def mark_sent(mail: Mail, now: datetime, *, subject: str = "") -> None:
    """Move the mail from `queued` to `sent`, unless another state is stored; its secret is blanked, and its subject
    kept."""
    Mail.objects.filter(pk=mail.pk, state=Mail.State.QUEUED).update(
        state=Mail.State.SENT, sent_at=now, secret="", failed_reason="", subject=subject[:SUBJECT_LENGTH]
    )


def mark_recalled(mail_ids: Collection[int]) -> None:
    """Move mails from `queued` to `recalled`, unless another state is stored; their secrets are blanked."""
    Mail.objects.filter(pk__in=mail_ids, state=Mail.State.QUEUED).update(state=Mail.State.RECALLED, secret="")


def mark_failed(mail_id: int, reason: str) -> None:
    """Move the mail from `queued` to `failed`, unless another state is stored; its secret is blanked."""
    Mail.objects.filter(pk=mail_id, state=Mail.State.QUEUED).update(
        state=Mail.State.FAILED, failed_reason=reason, secret=""
    )


def _message(mail: Mail, rendered: RenderedMail) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        subject=rendered.subject,
        body=rendered.text,
        from_email=_sender(rendered.sender_name),
        to=[mail.recipient],
        connection=get_connection(timeout=settings.EMAIL_TIMEOUT or SERVER_TIMEOUT),
        headers={
            "Message-ID": mail.message_id,
            "Content-Language": mail.language,
            # Keeps out-of-office replies away.
            "Auto-Submitted": "auto-generated",
            **({"List-Unsubscribe": f"<{rendered.unsubscribe_url}>"} if rendered.unsubscribe_url else {}),
        },
    )
    message.attach_alternative(rendered.html, "text/html")
    for each in rendered.attachments:
        message.attach(each.name, each.content(), each.content_type)
    return message


def _sender(name: str) -> str:
    """Return the shop's address with the sender's own name, if there is one."""
    return formataddr((name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])) if name else settings.DEFAULT_FROM_EMAIL


def _by_code(code: int, error: Exception) -> Exception:
    if code == SERVICE_NOT_AVAILABLE:
        return ServiceAway(_say(error))
    return Final(_say(error)) if 500 <= code < 600 else Temporary(_say(error))


def _say(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"

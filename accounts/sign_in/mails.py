"""The mails django-allauth asks for, recorded in the outbox."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.people.models import User
from outbox.jobs.doorbell import ring_on_commit
from outbox.mails.services import queue_mail

CODE_LIFETIME = timedelta(seconds=settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT)


@dataclass(frozen=True)
class AllauthMail:
    """Our kind for one of allauth's templates; `has_code`: with a code, which must stay unreadable."""

    kind: str
    event: str = ""
    has_code: bool = False


ALLAUTH_MAILS = {
    "account/email/email_confirmation_signup": AllauthMail("address_code", event="sign_up", has_code=True),
    "account/email/email_confirmation": AllauthMail("address_code", event="address", has_code=True),
    "account/email/login_code": AllauthMail("sign_in_code", has_code=True),
    "account/email/code_again": AllauthMail("sign_in_code", event="again", has_code=True),
    "account/email/password_reset_code": AllauthMail("password_reset_code", has_code=True),
    "account/email/account_already_exists": AllauthMail("account_exists"),
    "account/email/email_changed": AllauthMail("security_notice", event="address_changed"),
    "account/email/email_deleted": AllauthMail("security_notice", event="address_removed"),
    "account/email/password_changed": AllauthMail("security_notice", event="password_changed"),
    "account/email/password_reset": AllauthMail("security_notice", event="password_changed"),
    "account/email/password_set": AllauthMail("security_notice", event="password_set"),
    "mfa/email/totp_activated": AllauthMail("security_notice", event="second_factor_on"),
    "mfa/email/totp_deactivated": AllauthMail("security_notice", event="second_factor_off"),
    "mfa/email/webauthn_added": AllauthMail("security_notice", event="passkey_added"),
    "mfa/email/webauthn_removed": AllauthMail("security_notice", event="passkey_removed"),
    "mfa/email/recovery_codes_generated": AllauthMail("security_notice", event="recovery_codes"),
}

UNKNOWN_ACCOUNT = "account/email/unknown_account"


def queue_allauth_mail(template_prefix: str, *, recipient: str, context: dict[str, Any], language: str) -> None:
    """Record one of allauth's mails. Raises KeyError for a template that is not known here.

    The mail "there is nobody of that address" is not sent: strangers get no mail from the shop. Dropping it takes as
    long as mailing a known person, so that the time a page takes does not tell who is known.
    """
    if template_prefix == UNKNOWN_ACCOUNT:
        pretend_to_mail(recipient=recipient, language=language)
        return
    mail = ALLAUTH_MAILS[template_prefix]
    user: User | None = context.get("user") or _user_of(context)
    is_notice = mail.kind in ("security_notice", "account_exists")
    with transaction.atomic():
        queue_mail(
            kind=mail.kind,
            key=f"{mail.kind}:{uuid.uuid4()}",
            recipient=recipient,
            language=(user.language if user and is_notice else "") or language,
            context=_stored(mail, context),
            secret=str(context["code"]) if mail.has_code else "",
            person_id=user.pk if user else None,
            expires_at=timezone.now() + CODE_LIFETIME if mail.has_code else None,
        )


def pretend_to_mail(*, recipient: str, language: str) -> None:
    """Do the work of recording a mail with a code, and leave nothing behind."""
    with transaction.atomic():
        queue_mail(
            kind="sign_in_code",
            key=f"nobody:{uuid.uuid4()}",
            recipient=recipient,
            language=language,
            context={},
            secret="NOBODY-HERE",  # noqa: S106
            expires_at=timezone.now() + CODE_LIFETIME,
        )
        transaction.set_rollback(True)
    ring_on_commit()


def _user_of(context: dict[str, Any]) -> User | None:
    user = getattr(context.get("request"), "user", None)
    return user if user is not None and user.is_authenticated else None


def _stored(mail: AllauthMail, context: dict[str, Any]) -> dict[str, Any]:
    """Keep only the parts of allauth's context that the templates show, as plain values."""
    stored: dict[str, Any] = {"event": mail.event}
    if "timestamp" in context:
        stored["at"] = context["timestamp"]
    if "to_email" in context:
        stored["new_address"] = context["to_email"]
    return stored

"""The kind of mail about an erasure."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

from accounts.privacy.mails import KIND
from outbox.mails.kinds import Receiver, register_mail_kind

register_mail_kind(
    KIND, template="privacy/mails/erasure", label=pgettext_lazy("kind of mail", "Erasure"), receiver=Receiver.READER
)

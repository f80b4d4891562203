"""The kinds of mails and their templates. The floors above register theirs in the `mail_kinds.py` of a room."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from django.utils.functional import Promise

from common.registry import Registry
from outbox.jobs.models import Job
from outbox.mails.labels import MAIL_KIND_LABELS
from outbox.mails.models import Mail

# Stands where a one-time link or code was, wherever a mail is shown instead of sent.
BLANK = "••••••"


class Receiver(StrEnum):
    """Relation of a mail's recipient to whoever causes the mail."""

    READER = "reader"  # typed their own address, or is signed in: codes, notices
    CUSTOMER = "customer"  # the address of the order, proved or not
    PAYER = "payer"  # somebody whom a customer named as the payer
    NAMED = "named"  # somebody whom an account named: members, participants, learners
    SHOP = "shop"  # the sales team, or whom the merchant has set up


# Recipients who may be strangers to whoever typed their address.
TO_OTHERS = frozenset({Receiver.CUSTOMER, Receiver.PAYER, Receiver.NAMED})


class Build(Protocol):
    def __call__(self, mail: Mail, *, blank: bool) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Renewed:
    """Context of a mail that is sent again, and the time after which it is of no use; None for no such time."""

    context: dict[str, Any]
    expires_at: datetime | None = None


# Called in the transaction that sends a mail again, with the mail first sent. Raises ResendRefused.
Renew = Callable[[Mail, datetime], Renewed]
# Called before a mail is handed to the mail server, in the transaction of its job.
IsDue = Callable[[Mail, datetime], bool]


@dataclass(frozen=True)
class MailKind:
    """`template` names three files: `.subject.txt`, `.txt` and `.html`.

    `build(mail, blank=…)` adds values to the mail's context that are only known when the mail is rendered, such as
    derived links; with `blank`, BLANK in place of each. `renew(mail, now)` makes links that work for a mail sent again;
    a kind without it is sent again as it was, until it expires. `is_due(mail, now)` tells whether the mail is still to
    be sent: one that is not is recalled. `urgency` is that of its job; a mail with a secret is a code in any case.

    `receiver` says who reads it. Unless that is the shop or somebody at their own address, the texts of its stored
    context are defused (`common.defused`), but for the keys in `as_is`, which nobody but the merchant types. A kind
    that does not say is taken for one to strangers.
    """

    name: str
    template: str
    build: Build | None
    renew: Renew | None = None
    is_due: IsDue | None = None
    urgency: Job.Urgency = Job.Urgency.MAILS
    receiver: Receiver | None = None
    as_is: Collection[str] = ()

    @property
    def is_to_others(self) -> bool:
        return self.receiver is None or self.receiver in TO_OTHERS


MAIL_KINDS: Registry[MailKind] = Registry("mail kind", same=lambda one, other: one.template == other.template)
# Each adds to the context of every mail: the shop's name and address come from a floor above.
FRAMES: Registry[Callable[[], dict[str, Any]]] = Registry("mail frame")


def register_mail_kind(
    name: str,
    *,
    template: str,
    build: Build | None = None,
    label: str | Promise = "",
    renew: Renew | None = None,
    is_due: IsDue | None = None,
    urgency: Job.Urgency = Job.Urgency.MAILS,
    receiver: Receiver | None = None,
    as_is: Collection[str] = (),
) -> MailKind:
    """Register a kind of mail; another template for a name already taken is refused."""
    MAIL_KIND_LABELS.put(name, label)
    return MAIL_KINDS.register(name, MailKind(name, template, build, renew, is_due, urgency, receiver, as_is))


def mail_kind_label(name: str) -> str:
    """Return the label of a kind of mail; the bare name of one without a label, or from an older release."""
    return MAIL_KIND_LABELS.of(name)


def mail_kind_labels() -> list[tuple[str, str]]:
    """List name and label of every registered kind, by label."""
    return MAIL_KIND_LABELS.sorted(MAIL_KINDS.names())


def temporary_mail_kind(
    name: str,
    *,
    template: str,
    build: Build | None = None,
    renew: Renew | None = None,
    is_due: IsDue | None = None,
    receiver: Receiver | None = None,
) -> AbstractContextManager[MailKind]:
    """Register a kind for the length of a `with` block: for tests."""
    kind = MailKind(name, template, build=build, renew=renew, is_due=is_due, receiver=receiver)
    return MAIL_KINDS.temporarily(name, kind)


def frame_context() -> dict[str, Any]:
    """Collect the context that the registered frames give now, later frames overriding earlier ones."""
    return {name: value for frame in FRAMES for name, value in frame().items()}

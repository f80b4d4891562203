"""Mailing a person the invitation, or the way to sign in, once more."""

from __future__ import annotations

import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_account
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.people.selectors import is_address_proved
from accounts.people.services import invite_people
from accounts.rate_limits.services import find_used_up
from common.moments import in_shop_zone
from common.refusals import Refused
from common.words import in_words
from enrolments.grounds.models import Ground
from enrolments.grounds.notify import courses_in_words, placed_by
from enrolments.people.errors import PersonNotFound
from outbox.mails.models import Mail
from outbox.mails.services import queue_mail


class MailedJustNow(Refused):
    """Refusal when a mail of this account went to the person moments ago; `again_at` is when the next one may go."""

    def __init__(self, mailed_at: datetime.datetime, again_at: datetime.datetime) -> None:
        super().__init__(
            in_words(
                lambda: (
                    _("A mail went to this person at %(time)s. Wait until %(again)s before you send another one.")
                    % {"time": _time(mailed_at), "again": _time(again_at)}
                )
            )
        )
        self.again_at = again_at


class MailedOften(Refused):
    """Refusal when the person got as many mails of this account within a day as the limit allows."""

    def __init__(self, mails_a_day: int) -> None:
        super().__init__(
            in_words(
                lambda: (
                    _("This person got %(number)d mails from your account within a day. Try again tomorrow.")
                    % {"number": mails_a_day}
                )
            )
        )


class AddressChanged(Refused):
    """Refusal when the account has another address for the person than the page showed. Tells both."""

    def __init__(self, shown: str, now: str) -> None:
        super().__init__(
            in_words(
                lambda: (
                    _(
                        "A colleague changed this address meanwhile. The page showed %(shown)s, now it is %(now)s. "
                        "No mail was sent: look at the address, then send it again."
                    )
                    % {"shown": shown or "–", "now": now}
                )
            )
        )


class InNoCourse(Refused):
    """Refusal when all that the account placed the person into was taken back, or is over: nothing to invite to."""

    message = gettext_lazy("This person is in no course of your account any more. Place them again, and they are told.")


def mail_again(
    *,
    account: CustomerAccount,
    person_id: int,
    language: str,
    now: datetime.datetime,
    shown_email: str | None = None,
) -> None:
    """Mail a person of the account the invitation again, or, if their address is proved, how to sign in.

    The operator is not told which of the two: that would tell whether the person signed in for others. A closed user
    gets nothing, which is not told either. The limits count the mails of this account alone. The mail goes to the
    person's present address, in their language, else in `language`.

    `shown_email` is the address that the caller saw, as the account typed it.

    Locks the account (FOR KEY SHARE), then the person. Raises PersonNotFound, AddressChanged, InNoCourse,
    MailedJustNow, MailedOften.
    """
    with transaction.atomic():
        if not keep_account(account.pk):
            raise PersonNotFound
        # Locked, so that of two operators at once the second one finds the mail of the first.
        user = User.objects.select_for_update(no_key=True).filter(pk=person_id).first()
        typed = Delegation.objects.filter(account=account, person_id=person_id).order_by("pk").first()
        if user is None or typed is None:
            raise PersonNotFound
        if shown_email not in (None, typed.email):
            raise AddressChanged(shown_email or "", typed.email)
        placed = placed_by(account=account, user=user, now=now)
        if not placed and Ground.objects.filter(account=account, enrolment__user=user).exists():
            raise InNoCourse
        refuse_often(account, user, now)
        just = find_used_up(what="mail to person again", rows=_mails_to(account, user), at="created_at", now=now)
        if just is not None:
            raise MailedJustNow(just.last_at, just.again_at)
        occasion = f"again:{account.pk}:{now.isoformat()}"
        if not user.is_active:
            return
        if not is_address_proved(user):
            invite_people(
                users=[user],
                account=account,
                reason_key=occasion,
                language=language,
                now=now,
                is_enrolled=bool(placed),
                courses=courses_in_words({user.pk: placed}),
            )
            return
        queue_mail(
            kind="sign_in_reminder",
            key=f"sign_in_reminder:{occasion}:{user.pk}",
            recipient=user.email,
            language=user.language or language,
            context={"account_name": account.name},
            account_id=account.pk,
            person_id=user.pk,
        )


def refuse_often(account: CustomerAccount, user: User, now: datetime.datetime) -> None:
    """Raise MailedOften when the account's mails of a day to a person are used up. Expects the person locked."""
    used_up = find_used_up(what="mail to person", rows=_mails_to(account, user), at="created_at", now=now)
    if used_up is not None:
        raise MailedOften(used_up.rate.times)


def _mails_to(account: CustomerAccount, user: User) -> QuerySet[Mail]:
    return Mail.objects.filter(account_id=account.pk, person_id=user.pk).exclude(state=Mail.State.RECALLED)


def _time(moment: datetime.datetime) -> str:
    return date_format(in_shop_zone(moment), "H:i")

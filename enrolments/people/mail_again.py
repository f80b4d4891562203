"""Mailing people the invitation, or the way to sign in, once more."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping

from django.db import transaction
from django.db.models import QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_account
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.people.selectors import ids_with_proved_address
from accounts.people.services import invite_people
from accounts.rate_limits.services import find_each_used_up, find_used_up
from common.moments import in_shop_zone
from common.refusals import Refused
from common.words import in_words
from enrolments.grounds.models import Ground
from enrolments.grounds.notify import courses_in_words, placed_by, placed_grounds
from enrolments.people.errors import PersonNotFound
from outbox.mails.models import Mail
from outbox.mails.services import NewMail, queue_mails


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
    """Mail a person again, like `mail_people_again` of one person; raises the refusal of that person themself."""
    refused = mail_people_again(account=account, people={person_id: shown_email}, language=language, now=now)
    if refused:
        raise refused[person_id]


def mail_people_again(
    *, account: CustomerAccount, people: Mapping[int, str | None], language: str, now: datetime.datetime
) -> dict[int, Refused]:
    """Mail people of the account the invitation again, or, if their address is proved, how to sign in.

    The operator is not told which of the two: that would tell whether the person signed in for others. A closed user
    gets nothing, which is not told either. The limits count the mails of this account alone. Each mail goes to the
    person's present address, in their language, else in `language`.

    `people` gives for each key the address that the caller saw, as the account typed it, or None. Locks the account
    (FOR KEY SHARE), then the people, by key. A constant number of statements. Returns the refusals of those who get no
    mail, by key: PersonNotFound, AddressChanged, InNoCourse, MailedJustNow, MailedOften.
    """
    with transaction.atomic():
        if not keep_account(account.pk):
            return {pk: PersonNotFound() for pk in people}
        # Locked, so that of two operators at once the second one finds the mail of the first.
        locked = User.objects.select_for_update(no_key=True).filter(pk__in=list(people)).order_by("pk")
        users = {user.pk: user for user in locked}
        refused = refused_mails(account=account, person_ids=people, now=now, shown=people)
        refused |= {pk: PersonNotFound() for pk in people if pk not in users}
        mailed = [user for pk, user in users.items() if pk not in refused and user.is_active]
        proved = ids_with_proved_address(mailed)
        occasion = f"again:{account.pk}:{now.isoformat()}"
        placed = placed_by(account=account, users=mailed, now=now)
        invited = [user for user in mailed if user.pk not in proved]
        for is_enrolled in {bool(placed[user.pk]) for user in invited}:
            invite_people(
                users=[user for user in invited if bool(placed[user.pk]) is is_enrolled],
                account=account,
                reason_key=occasion,
                language=language,
                now=now,
                is_enrolled=is_enrolled,
                courses=courses_in_words(placed),
            )
        queue_mails(
            [
                NewMail(
                    kind="sign_in_reminder",
                    key=f"sign_in_reminder:{occasion}:{user.pk}",
                    recipient=user.email,
                    language=user.language or language,
                    context={"account_name": account.name},
                    account_id=account.pk,
                    person_id=user.pk,
                )
                for user in mailed
                if user.pk in proved
            ]
        )
    return refused


def refused_mails(
    *,
    account: CustomerAccount,
    person_ids: Collection[int],
    now: datetime.datetime,
    shown: Mapping[int, str | None] | None = None,
) -> dict[int, Refused]:
    """Return why people would get no mail again, by key. Exact only under their locks. A constant number of statements.

    `shown` are the addresses that the caller saw, as the account typed them.
    """
    typed: dict[int, str] = {}
    for person_id, email in (
        Delegation.objects.filter(account=account, person__in=person_ids).order_by("pk").values_list("person", "email")
    ):
        typed.setdefault(person_id, email)
    grounds = Ground.objects.filter(account=account, enrolment__user__in=person_ids).order_by()
    ever = set(grounds.values_list("enrolment__user", flat=True))
    lasting = placed_grounds(account, now).filter(enrolment__user__in=person_ids).order_by()
    now_in = set(lasting.values_list("enrolment__user", flat=True))
    mails = _mails_to(account).filter(person_id__in=person_ids)
    of_a_day = find_each_used_up(what="mail to person", rows=mails, by="person_id", at="created_at", now=now)
    just = find_each_used_up(what="mail to person again", rows=mails, by="person_id", at="created_at", now=now)
    refused: dict[int, Refused] = {}
    for pk in person_ids:
        if pk not in typed:
            refused[pk] = PersonNotFound()
        elif shown is not None and shown[pk] not in (None, typed[pk]):
            refused[pk] = AddressChanged(shown[pk] or "", typed[pk])
        elif pk in ever - now_in:
            refused[pk] = InNoCourse()
        elif pk in of_a_day:
            refused[pk] = MailedOften(of_a_day[pk].rate.times)
        elif pk in just:
            refused[pk] = MailedJustNow(just[pk].last_at, just[pk].again_at)
    return refused


def refuse_often(account: CustomerAccount, user: User, now: datetime.datetime) -> None:
    """Raise MailedOften when the account's mails of a day to a person are used up. Expects the person locked."""
    used_up = find_used_up(
        what="mail to person", rows=_mails_to(account).filter(person_id=user.pk), at="created_at", now=now
    )
    if used_up is not None:
        raise MailedOften(used_up.rate.times)


def _mails_to(account: CustomerAccount) -> QuerySet[Mail]:
    return Mail.objects.filter(account_id=account.pk).exclude(state=Mail.State.RECALLED)


def _time(moment: datetime.datetime) -> str:
    return date_format(in_shop_zone(moment), "H:i")

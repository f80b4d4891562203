"""Reads about one person, and their progress: derived from mails, invitations and seats of this account alone."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable

from django.db.models import Max

from accounts.links.models import AddressLink
from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from accounts.people.delegation.models import Delegation
from enrolments.people.selectors import Onboarding, people_of
from enrolments.scope import people_within
from enrolments.seats.models import Seat
from outbox.mails.models import Mail


def find_person(account: CustomerAccount, delegation_id: int, *, part: Part | None = None) -> Delegation | None:
    """Return a person the account looks after, as the account typed them first, by any of its delegations of them; None
    for one of another account, or beyond a part."""
    own = Delegation.objects.filter(pk=delegation_id, account=account)
    return (
        people_within(people_of(account), account, part)
        .select_related("person", "team")
        .filter(person__in=own.values("person"))
        .first()
    )


def onboarding_of(
    account: CustomerAccount, people: Collection[Delegation], *, now: datetime.datetime
) -> dict[int, Onboarding]:
    """Return the progress of some people, from this account's mails, invitations and seats. Three statements.

    A sign-in counts only for people whom this account created; others may have signed in for another account. Expects
    the delegations' persons loaded.
    """
    onboarding = {
        each.person_id: Onboarding(
            has_signed_in=each.person.created_by_account_id == account.pk and each.person.last_login is not None
        )
        for each in people
    }
    ids = list(onboarding)
    sent = Mail.objects.filter(account_id=account.pk, person_id__in=ids).exclude(state=Mail.State.RECALLED)
    last = sent.order_by("person_id", "-pk").distinct("person_id")
    for mail in last.only("person_id", "created_at", "state"):
        known = onboarding[mail.person_id or 0]
        known.mailed_at, known.mail_state = mail.created_at, mail.state
    for person_id, used_at, until in _invitations(account, ids):
        onboarding[person_id].accepted_at = used_at
        onboarding[person_id].expired_at = until if used_at is None and until <= now else None
    seats = Seat.objects.filter(account=account, person__in=ids, consumed_at__isnull=False)
    for person_id, at in seats.order_by().values_list("person_id").annotate(at=Max("consumed_at")):
        onboarding[person_id].entered_at = at
    return onboarding


def expired_invitations(
    account: CustomerAccount, person_ids: Collection[int], *, now: datetime.datetime
) -> dict[int, datetime.datetime]:
    """Return the end of the account's last invitation of each person who accepted none before all expired. One
    statement, none for nobody."""
    return {
        person_id: until
        for person_id, used_at, until in (_invitations(account, person_ids) if person_ids else ())
        if used_at is None and until <= now
    }


def _invitations(
    account: CustomerAccount, person_ids: Collection[int]
) -> Iterable[tuple[int, datetime.datetime | None, datetime.datetime]]:
    """Return the last use and the last end of the account's invitations, by person."""
    links = AddressLink.objects.filter(account=account, user__in=person_ids, purpose=AddressLink.Purpose.INVITATION)
    return links.order_by().values_list("user_id").annotate(used=Max("used_at"), until=Max("expires_at"))

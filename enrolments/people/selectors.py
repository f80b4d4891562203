"""Reads about the people a customer account looks after: names as it typed them, and its own purchases for them."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, QuerySet, TextChoices
from django.utils import timezone

from accounts.members.models import CustomerAccount, Membership
from accounts.members.parts import Part
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from common.emails import ERASED
from common.search import matching
from enrolments.grounds.models import Ground
from enrolments.scope import grounds_within


@dataclass(slots=True)
class Onboarding:
    """Progress of a person from the first mail to the first entry, as far as this account may know.

    `expired_at` is the end of the last invitation, if it is past and none was accepted. `mail_state` is the state of
    the last mail.
    """

    mailed_at: datetime.datetime | None = None
    mail_state: str = ""
    expired_at: datetime.datetime | None = None
    accepted_at: datetime.datetime | None = None
    entered_at: datetime.datetime | None = None
    has_signed_in: bool = False


@dataclass(slots=True)
class PersonRow:
    """Person as this account typed them, and its own live grounds that put them into courses.

    `onboarding`, the person's progress, and `state`, a `PersonState`, are filled in by the view that shows them.
    `delegation_id` names the person's page: a key of the account's own, since the size of the person's tells how long
    the shop has known them. None for one of its members whom the account placed nowhere else: they have no page there.
    """

    person_id: int
    name: str
    email: str
    grounds: list[Ground] = field(default_factory=list)
    onboarding: Onboarding | None = None
    state: TextChoices | None = None
    delegation_id: int | None = None
    team: str = ""


def people_of(account: CustomerAccount, *, search: str = "") -> QuerySet[Delegation]:
    """Return one delegation per person of an account, the oldest: several operators may look after one person.

    `search` looks in names and addresses as they were typed.
    """
    own = Delegation.objects.filter(account=account)
    older = own.filter(person=OuterRef("person"), pk__lt=OuterRef("pk"))
    people = own.exclude(Exists(older))
    return matching(people, search, "search_text")


def person_rows(
    account: CustomerAccount,
    delegations: Collection[Delegation],
    *,
    now: datetime.datetime | None = None,
    part: Part | None = None,
) -> list[PersonRow]:
    """Return rows for a list of some people. Other accounts' courses are never among them, nor those that people did
    not enter in time at `now` (None: this moment). One statement; expects the delegations' teams loaded."""
    rows = {
        delegation.person_id: PersonRow(
            person_id=delegation.person_id,
            name=f"{delegation.first_name} {delegation.last_name}".strip(),
            email=delegation.email,
            delegation_id=delegation.pk,
            team=str(delegation.team or ""),
        )
        for delegation in delegations
    }
    grounds = (
        Ground.objects.standing_at(now or timezone.now())
        .filter(
            account=account,
            kind__in=Ground.PLACING,
            enrolment__user_id__in=list(rows),
        )
        .select_related("enrolment__course", "enrolment__role", "seat__batch")
        .order_by("enrolment__course__sort_name", "pk")
    )
    for ground in grounds_within(grounds, account, part):
        rows[ground.enrolment.user_id].grounds.append(ground)
    return list(rows.values())


def typed_names(account: CustomerAccount, person_ids: Collection[int]) -> dict[int, PersonRow]:
    """Return names and addresses of people as this account typed them; members never typed under their own name.

    At most three statements. Erased people have a number in place of a name. All others are left out: names that they
    or other accounts wrote are hidden from this one.
    """
    if not person_ids:
        return {}
    names: dict[int, PersonRow] = {}
    for delegation in Delegation.objects.filter(account=account, person_id__in=person_ids).order_by("pk"):
        name = f"{delegation.first_name} {delegation.last_name}".strip()
        row = PersonRow(delegation.person_id, name, delegation.email, delegation_id=delegation.pk)
        names.setdefault(delegation.person_id, row)
    missing = set(person_ids) - names.keys()
    if missing:
        members = Membership.objects.filter(account=account, user_id__in=missing).select_related("user")
        names.update(
            {
                each.user_id: PersonRow(
                    each.user_id,
                    f"{each.user.first_name} {each.user.last_name}".strip(),
                    each.user.email,
                )
                for each in members
            }
        )
    if missing := missing - names.keys():
        erased = User.objects.filter(pk__in=missing, email__endswith=ERASED)
        names.update({each.pk: PersonRow(each.pk, each.get_full_name(), "") for each in erased})
    return names


def typed_addresses(account: CustomerAccount, person_ids: Collection[int]) -> Iterator[str]:
    """Yield the addresses of `typed_names`, which are read when the first one is asked for."""
    yield from (each.email for each in typed_names(account, person_ids).values())

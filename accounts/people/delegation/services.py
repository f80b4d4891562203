"""Delegation of people to operators, each under the name that the account typed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from accounts.members.models import CustomerAccount
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.people.services import PersonTyped
from common.emails import normalise_email


def delegate(
    *,
    account: CustomerAccount,
    operator: User,
    people: Sequence[PersonTyped],
    users: Mapping[str, User],
    now: datetime,
) -> None:
    """Attach people to an operator of an account. `users` gives the user of each normalised address.

    A person attached before keeps the earlier name. One statement for any number of people, rows in the order of their
    key; locks nothing.
    """
    rows: dict[int, Delegation] = {}
    for person in people:
        email = normalise_email(person.email)
        user = users[email]
        rows.setdefault(
            user.pk,
            Delegation(
                account=account,
                operator=operator,
                person=user,
                email=email,
                first_name=person.first_name,
                last_name=person.last_name,
                created_at=now,
            ),
        )
    Delegation.objects.bulk_create([rows[pk] for pk in sorted(rows)], ignore_conflicts=True)


def delegate_too(*, account: CustomerAccount, operator: User, people: Collection[int], now: datetime) -> None:
    """Attach people of the account, given by their keys, to one more of its operators, under the names typed first.

    Two statements for any number of people, rows in the order of their key; locks nothing.
    """
    first = Delegation.objects.filter(account=account, person__in=people).exclude(person=operator)
    rows = [
        Delegation(
            account=account,
            operator=operator,
            person_id=each.person_id,
            email=each.email,
            first_name=each.first_name,
            last_name=each.last_name,
            team_id=each.team_id,
            created_at=now,
        )
        for each in first.order_by("person_id", "pk").distinct("person_id")
    ]
    Delegation.objects.bulk_create(rows, ignore_conflicts=True)

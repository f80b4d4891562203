"""Delegation of people to operators, each under the name that the account typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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

"""The demo's customers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from accounts.members.models import CustomerAccount
from accounts.members.services import change_roles, create_account, ensure_owner, invite_member
from accounts.people.models import User
from common.postal import PostalAddress
from workbench.demo.people import DEMO_PEOPLE
from workbench.demo.timeline import Clock, Story

ACCOUNTS: dict[str, dict[str, Any]] = {
    "lacombe": {
        "address": PostalAddress(
            name="Menuiserie Lacombe", street="14 route de Vannes", postal_code="44100", city="Nantes"
        ),
        "payer_email": "compta@lacombe.example",
        "register_number": "90100200600012",
    },
    "aubin": {
        "address": PostalAddress(
            name="Clinique Saint-Aubin", street="2 place du Marché", postal_code="35000", city="Rennes"
        ),
        "register_number": "91200300100019",
    },
}


def make_accounts(people: dict[str, User], now: datetime) -> dict[str, CustomerAccount]:
    """Make the accounts with their members: owner, buyer, operator and accountant each. Returns them by key."""
    accounts: dict[str, CustomerAccount] = {}
    for person in DEMO_PEOPLE:
        if not person.account:
            continue
        user = people[person.email]
        if person.account not in accounts:
            # The account's owner comes first.
            accounts[person.account] = _open(person.account, user, now)
            continue
        member = ensure_owner(account=accounts[person.account], user=user, now=now)
        change_roles(account=accounts[person.account], membership_id=member.pk, roles=person.roles, now=now)
    return accounts


def stories_of_members(people: dict[str, User], accounts: dict[str, CustomerAccount], clock: Clock) -> Iterator[Story]:
    """Yield the invitations of two people who have not followed their link yet; one is old, from a time when no mail
    left the shop."""
    owner, account = people["paul@lacombe.example"], accounts["lacombe"]

    def invited(email: str, days_ago: float) -> Story:
        yield days_ago
        invite_member(
            account=account, invited_by=owner, email=email, roles=("is_operator",), language="fr", now=clock.now
        )

    yield invited("bureau@lacombe.example", 45)
    yield invited("apprentissage@lacombe.example", 2)


def _open(key: str, owner: User, now: datetime) -> CustomerAccount:
    return create_account(owner=owner, kind=CustomerAccount.Kind.ORGANISATION, now=now, **ACCOUNTS[key])

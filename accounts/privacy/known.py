"""Addresses and names by which the shop knows a person."""

from __future__ import annotations

from collections.abc import Iterator

from allauth.account.models import EmailAddress

from accounts.links.models import AddressLink
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from common.emails import is_erased
from common.personal_data import Person


def known_person(user: User) -> Person:
    """Return a person with all addresses and names that the shop has for them: their own, and those that customer
    accounts typed. Four statements."""
    delegations = Delegation.objects.filter(person=user)
    typed = list(delegations.values_list("email", "first_name", "last_name").distinct())
    emails = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
    emails |= {email for email, _first, _last in typed}
    emails |= set(AddressLink.objects.filter(user=user).values_list("email", flat=True))
    # An address that the person gave up may be somebody else's by now.
    others = set(User.objects.filter(email__in=emails).exclude(pk=user.pk).values_list("email", flat=True))
    names = {(user.first_name, user.last_name), *((first, last) for _email, first, last in typed)}
    return Person(
        key=user.pk,
        emails=frozenset(email.lower() for email in emails - others if not is_erased(email)),
        names=frozenset(names) - {("", "")},
    )


def as_json(person: Person) -> dict[str, list[str] | list[list[str]]]:
    return {"emails": sorted(person.emails), "names": list(_lists(person))}


def _lists(person: Person) -> Iterator[list[str]]:
    yield from (list(name) for name in sorted(person.names))

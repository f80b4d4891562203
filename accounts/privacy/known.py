"""Addresses and names by which the shop knows a person."""

from __future__ import annotations

from collections.abc import Iterator

from allauth.account.models import EmailAddress
from django.db.models import Q

from accounts.links.models import AddressLink
from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from common.emails import is_erased
from common.personal_data import Person


def known_person(user: User) -> Person:
    """Return a person with all addresses and names that the shop has for them: their own, and those that customer
    accounts typed. Six statements."""
    delegations = Delegation.objects.filter(person=user)
    typed = list(delegations.values_list("email", "first_name", "last_name").distinct())
    emails = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
    emails |= {email for email, _first, _last in typed}
    emails |= set(AddressLink.objects.filter(user=user).values_list("email", flat=True))
    # An address that the person gave up may be somebody else's by now.
    others = set(User.objects.filter(email__in=emails).exclude(pk=user.pk).values_list("email", flat=True))
    names = {(user.first_name, user.last_name), *((first, last) for _email, first, last in typed)}
    names -= {("", "")}
    own = frozenset(email.lower() for email in emails - others if not is_erased(email))
    namesakes, theirs = _namesakes(user, names)
    return Person(
        key=user.pk,
        emails=own,
        names=frozenset(names),
        namesakes=frozenset(namesakes),
        their_emails=frozenset(theirs) - own,
    )


def _namesakes(user: User, names: set[tuple[str, str]]) -> tuple[set[int], set[str]]:
    """Return the keys and addresses of other people with both parts of one of the names. Two statements."""
    same = Q(pk=None)
    for first, last in names:
        if first and last:
            same |= Q(first_name__iexact=first, last_name__iexact=last)
    people = User.objects.filter(same).exclude(pk=user.pk).values_list("pk", "email")
    typed = Delegation.objects.filter(same).exclude(person=user).values_list("person", "email")
    found = [*people, *typed]
    return {key for key, _email in found}, {email.lower() for _key, email in found if not is_erased(email)}


def as_json(person: Person) -> dict[str, list[str] | list[list[str]] | list[int]]:
    """Return what `ErasureRequest.sought` reads."""
    found: dict[str, list[str] | list[list[str]] | list[int]]
    found = {"emails": sorted(person.emails), "names": list(_lists(person))}
    if person.namesakes:
        found |= {"namesakes": sorted(person.namesakes), "their_emails": sorted(person.their_emails)}
    return found


def _lists(person: Person) -> Iterator[list[str]]:
    yield from (list(name) for name in sorted(person.names))

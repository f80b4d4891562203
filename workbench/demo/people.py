"""People who can sign in to the demo."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User

PASSWORD = "demo-amphi-2026"  # noqa: S105 - shown by `manage.py up`, exists in the demo only


@dataclass(frozen=True)
class DemoPerson:
    """A person whom the greeting of `manage.py up` introduces. `account` is the key of a demo account, "" for staff."""

    role: str | Promise
    email: str
    first_name: str
    last_name: str
    account: str = ""
    roles: tuple[str, ...] = ()
    is_merchant: bool = False


DEMO_PEOPLE = (
    DemoPerson(_("merchant (administration)"), "merchant@demo.example", "Élise", "Garnier", is_merchant=True),
    DemoPerson(_("customer (owner)"), "paul@lacombe.example", "Paul", "Lacombe", "lacombe", ("is_owner",)),
    DemoPerson(_("customer (buyer)"), "helene@lacombe.example", "Hélène", "Roux", "lacombe", ("is_buyer",)),
    DemoPerson(_("customer (accountant)"), "karim@lacombe.example", "Karim", "Saïdi", "lacombe", ("is_accountant",)),
    DemoPerson(_("operator"), "nadia@lacombe.example", "Nadia", "Ferrand", "lacombe", ("is_operator",)),
    DemoPerson(_("learner"), "lea.martin@lacombe.example", "Léa", "Martin"),
    DemoPerson(_("tutor"), "marc.lemoine@lacombe.example", "Marc", "Lemoine"),
    DemoPerson(_("another customer (owner)"), "claire@saint-aubin.example", "Claire", "Morel", "aubin", ("is_owner",)),
    DemoPerson(_("their buyer"), "yann@saint-aubin.example", "Yann", "Le Goff", "aubin", ("is_buyer",)),
    DemoPerson(_("their accountant"), "ines@saint-aubin.example", "Inès", "Robin", "aubin", ("is_accountant",)),
    DemoPerson(_("their operator"), "theo@saint-aubin.example", "Théo", "Garcia", "aubin", ("is_operator",)),
)


def make_people() -> dict[str, User]:
    """Make the demo people, their addresses proved. Returns them by address."""
    # One hash for all: hashing is slow by design, and a shop of demo people keeps no secret.
    hashed = make_password(PASSWORD)
    return {person.email: _make(person, hashed) for person in DEMO_PEOPLE}


def _make(person: DemoPerson, password: str) -> User:
    user = User(
        email=person.email,
        password=password,
        first_name=person.first_name,
        last_name=person.last_name,
        language="fr",
        is_staff=person.is_merchant,
        is_superuser=person.is_merchant,
    )
    return User.objects.add(user, is_address_proved=True)

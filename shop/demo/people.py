"""Who can sign in to the demo."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User

PASSWORD = "demo-amphi-2026"  # noqa: S105 - shown by `manage.py up`, exists in the demo only


@dataclass(frozen=True)
class DemoPerson:
    """Somebody the greeting of `manage.py up` introduces. `account` is the key of a demo account, "" for staff."""

    role: str | Promise
    email: str
    first_name: str
    last_name: str
    account: str = ""
    roles: tuple[str, ...] = ()
    is_merchant: bool = False
    password: str = PASSWORD


DEMO_PEOPLE = (
    DemoPerson(_("merchant (administration)"), "merchant@demo.example", "Élise", "Garnier", is_merchant=True),
    DemoPerson(_("owner of a customer account"), "paul@lacombe.example", "Paul", "Lacombe", "lacombe", ("is_owner",)),
    DemoPerson(_("operator"), "nadia@lacombe.example", "Nadia", "Ferrand", "lacombe", ("is_operator",)),
    DemoPerson(_("owner of another account"), "claire@saint-aubin.example", "Claire", "Morel", "aubin", ("is_owner",)),
    DemoPerson(_("buyer"), "yann@saint-aubin.example", "Yann", "Le Goff", "aubin", ("is_buyer",)),
    DemoPerson(_("accountant"), "ines@saint-aubin.example", "Inès", "Robin", "aubin", ("is_accountant",)),
    DemoPerson(_("learner"), "lea.martin@lacombe.example", "Léa", "Martin"),
)


def make_people() -> dict[str, User]:
    """Makes the demo people, their addresses proved. Returns them by address."""
    return {person.email: _make(person) for person in DEMO_PEOPLE}


def _make(person: DemoPerson) -> User:
    make = User.objects.create_superuser if person.is_merchant else User.objects.create_user
    return make(
        email=person.email,
        password=person.password,
        first_name=person.first_name,
        last_name=person.last_name,
        language="fr",
        is_address_proved=True,
    )

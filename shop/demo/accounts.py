"""The demo's customers."""

from __future__ import annotations

from accounts.models import CustomerAccount, Membership, User
from shop.demo.people import DEMO_PEOPLE

ACCOUNTS = {
    "lacombe": {
        "name": "Menuiserie Lacombe",
        "street": "14 route de Vannes",
        "postal_code": "44100",
        "city": "Nantes",
        "payer_email": "compta@lacombe.example",
    },
    "aubin": {
        "name": "Clinique Saint-Aubin",
        "street": "2 place du Marché",
        "postal_code": "35000",
        "city": "Rennes",
    },
}


def make_accounts(people: dict[str, User]) -> dict[str, CustomerAccount]:
    """Makes the accounts with their members. Returns them by key."""
    accounts = {key: CustomerAccount.objects.create(country="FR", **fields) for key, fields in ACCOUNTS.items()}
    for person in DEMO_PEOPLE:
        if person.account:
            roles = dict.fromkeys(person.roles, True)
            Membership.objects.create(account=accounts[person.account], user=people[person.email], **roles)
    return accounts

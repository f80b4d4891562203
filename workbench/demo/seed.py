"""Loading of the demo, all of it or none of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone, translation

from catalog.models.entries import Entry
from workbench.demo.accounts import invite_members, make_accounts
from workbench.demo.catalogue import make_catalogue
from workbench.demo.courses import make_courses
from workbench.demo.orders import make_orders
from workbench.demo.people import make_people
from workbench.demo.seller import make_seller
from workbench.demo.training import use_seats


def seed(*, now: datetime) -> bool:
    """Load the demo into a shop without entries, in one transaction. Returns whether anything was loaded."""
    with transaction.atomic(), translation.override("fr"):
        if Entry.objects.exists():
            return False
        make_seller(now)
        people = make_people()
        accounts = make_accounts(people, now - timedelta(days=730))
        courses = make_courses(timezone.localdate(now))
        entries = make_catalogue(now)
        orders = make_orders(people=people, accounts=accounts, entries=entries, courses=courses, now=now)
        use_seats(orders=orders, people=people, courses=courses, now=now)
        invite_members(people, accounts, now)
    return True

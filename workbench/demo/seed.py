"""Loading of the demo, all of it or none of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone, translation

from catalog.models.entries import Entry
from workbench.demo.accounts import make_accounts, stories_of_members
from workbench.demo.books import close_books, stories_of_books
from workbench.demo.catalogue import make_catalogue
from workbench.demo.courses import make_courses
from workbench.demo.money import stories_of_money
from workbench.demo.orders import stories_of_orders
from workbench.demo.papers import stories_of_papers
from workbench.demo.people import make_people
from workbench.demo.seller import make_seller
from workbench.demo.shop import DemoShop
from workbench.demo.timeline import Clock, tell
from workbench.demo.training import stories_of_training


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
        shop = DemoShop(people, accounts, entries, courses, Clock(now))
        tell(
            [
                *stories_of_orders(shop),
                *stories_of_money(shop),
                *stories_of_papers(shop),
                *stories_of_training(shop),
                *stories_of_books(shop),
                *stories_of_members(people, accounts, shop.clock),
            ],
            shop.clock,
        )
        close_books()
    return True

"""Entries, forms and carts for races, and the work of rivals."""

from __future__ import annotations

from collections.abc import Callable

from enrolments.courses.models import Course
from enrolments.courses.places import services as places
from enrolments.seats import assign as assign_module
from enrolments.sessions import services as session_module
from shop.cart.models import Cart
from tests.factories.catalog import EntryFactory
from tests.factories.shop import place
from tests.rivals.processes import Place

# Places are counted after the writes: rivals who pause before and after the count have all written and none committed.
COUNTING: list[Place] = [
    (places, "refuse_overfull"),
    (assign_module, "_refuse_overfull"),
    (session_module, "refuse_overfull"),
]


def session_entry(course: Course, **parameters: object):
    """Return an entry that sets up a session in a course."""
    parameters = {"coursename": course.short_name} | parameters
    return EntryFactory(handler="std_setuponecoursession", parameters=parameters)


def participant(email: str, role: str = "student") -> dict[str, str]:
    """Return a filled micro-form of a session."""
    return {"role": role, "email": email, "first_name": "Paul", "last_name": "Petit"}


def buying(cart: Cart, email: str) -> Callable[[], int]:
    """Return a rival's work: place the cart as a visitor and return the order's key."""
    return lambda: place(cart, email=email).pk

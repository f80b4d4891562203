"""People, customer accounts and courses for tests of handlers."""

from __future__ import annotations

import itertools
from typing import Any

from accounts.members.models import CustomerAccount, Membership
from accounts.people.models import User
from enrolments.courses.models import Course
from enrolments.courses.services import save_course

_numbers = itertools.count(1)


def make_person(email: str | None = None) -> User:
    """Make a person whose address is proved."""
    return User.objects.create_user(
        email or f"somebody-{next(_numbers)}@example.org",
        is_address_proved=True,
        first_name="Marie",
        last_name="Dupont",
        language="en",
    )


def make_account() -> CustomerAccount:
    """Make an organisation without members, as a visitor's order does."""
    return CustomerAccount.objects.create(
        name=f"Ateliers Martin {next(_numbers)}", street="12 rue des Lilas", postal_code="69003", city="Lyon"
    )


def join(account: CustomerAccount, person: User) -> None:
    """Make ``person`` an owner of ``account``."""
    Membership.objects.create(account=account, user=person, is_owner=True)


def account_with_operator() -> tuple[CustomerAccount, User]:
    """Make a claimed account and its owner."""
    account, owner = make_account(), make_person()
    join(account, owner)
    return account, owner


def make_course(short_name: str, **others: Any) -> Course:
    """Make an open course; ``others`` are fields of the course, such as ``capacity``."""
    names = {"name_en": f"Course {short_name}", "name_fr": f"Cours {short_name}"}
    return save_course(course=Course(**({"short_name": short_name} | names | others)))

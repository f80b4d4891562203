"""A person in every table is erased: no table, page, export or search has their name or address any more."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from zeal import zeal_ignore

from accounts.links.models import AddressLink
from accounts.links.services import NewLink, create_links
from accounts.members.services import invite_member
from accounts.people.models import User
from accounts.privacy.erase import JOB_KIND, begin_erasure
from accounts.privacy.models import ErasureRequest
from accounts.privacy.requests import ask_for_erasure, refuse_erasure
from accounts.second_person.models import Approval
from common.personal_data import HOLDINGS
from enrolments.extension.models import SeatExtension
from enrolments.grounds.models import Ground
from enrolments.requests.models import CourseRequest
from enrolments.runs.models import Run
from enrolments.seats.history.models import SeatEvent
from handlers.models import BrokenHook
from outbox.jobs.models import Job, OutsideService
from outbox.jobs.running import run_due_jobs
from shop.payments.transfers_back.accounts import keep_account
from shop.withdrawal.models import Withdrawal
from tests.enrolments.given import given_pack, new_line
from tests.enrolments.lists.given import given_list, people, place
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory
from tests.factories.outbox import JobFactory, MailFactory
from tests.matrix.test_who_may_what import BY_NAME, url_of
from tests.matrix.urlconf import names_of_model_pages, page_name, registered_models
from tests.matrix.world import World, make_world

pytestmark = pytest.mark.django_db

FIRST, LAST, EMAIL = "Zébulon", "Quixotte", "zebulon@quixotte.example"
NAMED = re.compile("quixotte", re.IGNORECASE)
TOLD = f"{FIRST} {LAST} <{EMAIL}>"
# Their columns are encrypted, or hold no text of a person's.
WITHOUT_A_NAME = {"accounts_browsersession", "django_session", "mfa_authenticator"}
# Rows of a model whose pages are read, the newest.
ROWS = 10
READERS = ("owner", "administrator")


def somebody(world: World) -> User:
    """Give the person of the world's account the name and address to look for."""
    person = world.ours.person.person
    User.objects.filter(pk=person.pk).update(email=EMAIL, first_name=FIRST, last_name=LAST)
    EmailAddress.objects.filter(user=person).update(email=EMAIL)
    person.delegations_as_person.update(email=EMAIL, first_name=FIRST, last_name=LAST)
    person.refresh_from_db()
    return person


def plant(world: World, person: User) -> None:
    """Write the person into every table that can hold them."""
    now = timezone.now()
    account, operator, merchant = world.ours.account, world.ours.person.operator, User.objects.get(is_superuser=True)
    own = CustomerAccountFactory(kind="person", name=f"{FIRST} {LAST}")
    MembershipFactory(account=own, user=person)
    create_links(
        links=[NewLink(purpose=AddressLink.Purpose.INVITATION, email=EMAIL, user=person, account=account)], now=now
    )
    invite_member(account=account, invited_by=operator, email=EMAIL, roles=["is_buyer"], language="en", now=now)
    refused = ask_for_erasure(person=person, asked_by=person, now=now)
    refuse_erasure(request_id=refused.pk, actor=merchant, reason=f"{TOLD} is a debtor.", now=now)
    Approval.objects.create(
        kind="confirm_money", about="order:0", asked_by=merchant, asked_at=now,
        values={"order": world.ours.order.pk, "amount": "1.00", "reference": TOLD, "is_what_arrived": True},
    )  # fmt: skip
    kind = ContentType.objects.get_for_model(User)
    for object_id, text in ((person.pk, EMAIL), (merchant.pk, f"Told by {TOLD}")):
        LogEntry.objects.create(
            user=merchant, content_type=kind, object_id=str(object_id), object_repr=text, action_flag=CHANGE,
            change_message=f"{FIRST} {LAST}",
        )  # fmt: skip
    MailFactory(recipient=EMAIL, person_id=person.pk, subject=f"{LAST}, welcome", state="failed")
    MailFactory(recipient=operator.email, context={"people": [{"first": FIRST, "last": LAST}]}, account_id=account.pk)
    JobFactory(state="done", finished_at=now, payload={"email": EMAIL}, last_error=f"No mailbox {EMAIL}")
    OutsideService.objects.create(name="odd", failures=1, failing_since=now, last_error=f"550 {EMAIL}")
    BrokenHook.objects.create(handler="ext_odd", hook="revoke", error="Odd", detail=f"KeyError: {EMAIL}")
    order = world.ours.order
    Withdrawal.objects.create(order=order, name=f"{FIRST} {LAST}", answer_to=EMAIL, received_at=now, proposed=0)
    keep_account(holder=f"{FIRST} {LAST}", iban="DE89370400440532013000", order=order, actor=person, now=now)
    _plant_training(world, person)


def _plant_training(world: World, person: User) -> None:
    account, operator = world.ours.account, world.ours.person.operator
    now = timezone.now()
    SeatEvent.objects.filter(pk=SeatEvent.objects.latest("pk").pk).update(reason=f"In place of {TOLD}")
    Ground.objects.filter(pk=Ground.objects.latest("pk").pk).update(ended_at=now, ended_reason=f"{FIRST} {LAST} is ill")
    line = new_line(account)
    SeatExtension.objects.create(
        seat=world.ours.free_seat, order_id=line.order_id, order_number=line.order_number, line_id=line.line_id,
        unit_index=0, starts_at=now, ends_at=now + timedelta(days=30), created_at=now, ended_at=now, ended_reason=TOLD,
    )  # fmt: skip
    Run.objects.create(
        account=account, operator=operator, act="release", reason=f"{TOLD} is ill", fingerprint="f" * 64,
        state="done", ended_at=now,
    )  # fmt: skip
    CourseRequest.objects.filter(person=person).update(words=f"I am {TOLD}")
    given_pack(account, seats=2, now=now)
    place(given_list(account, operator, people("new@far.example", EMAIL), world.course, now=now), "valid", now=now)
    given_list(account, operator, people(EMAIL), world.course, now=now)


def tables_naming() -> set[str]:
    """Return the tables of the database with the name or the address anywhere in a row."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT 1 FROM "{table}" AS kept WHERE kept::text ~* %s LIMIT 1', [NAMED.pattern])
            if cursor.fetchone():
                found.add(table)
    return found


def pages(world: World) -> list[str]:
    names = sorted(BY_NAME.keys() - names_of_model_pages())
    urls = [url_of(name, world) for name in names if not name.startswith(("account_log", "admin:log", "admin:jsi18n"))]
    for label, model in registered_models().items():
        urls.append(reverse_of(label, "list"))
        keys = model._default_manager.order_by("-pk").values_list("pk", flat=True)[:ROWS]
        urls += [reverse_of(label, "row", key) for key in keys]
    return urls


def reverse_of(label: str, page: str, *args: Any) -> str:
    return reverse(page_name(label, page), args=args)


def searches() -> list[str]:
    """Return addresses of lists that are searched for the person; what was typed stands in their boxes."""
    return [f"{reverse_of(label, 'list')}?{urlencode({'q': LAST})}" for label in registered_models()]


def naming(
    world: World, urls: list[str], pattern: re.Pattern[str] = NAMED, *, roles: tuple[str, ...] = READERS
) -> set[str]:
    """Return the addresses whose answers match, to any of the roles."""
    found = set()
    for role in roles:
        client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
        client.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[role]
        for url in urls:
            with zeal_ignore():
                answer = client.get(url)
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content
            if pattern.search(content.decode(errors="replace")):
                found.add(url)
    return found


def test_nothing_of_an_erased_person_is_left():
    world = make_world()
    person = somebody(world)
    plant(world, person)
    held = {
        apps.get_model(label)._meta.db_table
        for holding in HOLDINGS
        for label, columns in holding.columns.items()
        # Orders keep their copies as long as they need them: tests/shop/orders/copied/test_erased_customers.py.
        # Documents are kept by law: tests/documents/test_personal_data.py.
        if columns and not label.startswith(("shop.", "documents."))
    }
    assert held - WITHOUT_A_NAME <= tables_naming()
    assert len(naming(world, pages(world), roles=("administrator",))) > 10

    asked = ask_for_erasure(person=person, asked_by=person, now=timezone.now())
    begin_erasure(request_id=asked.pk, actor=User.objects.get(is_superuser=True), now=timezone.now())
    for _round in range(3):
        run_due_jobs()
        Job.objects.pending().filter(kind=JOB_KIND).update(due_at=timezone.now())

    assert ErasureRequest.objects.get(pk=asked.pk).state == ErasureRequest.State.DONE
    assert tables_naming() == set()
    assert naming(world, pages(world)) == set()
    assert naming(world, searches(), re.compile(re.escape(EMAIL))) == set()

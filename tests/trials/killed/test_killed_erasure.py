"""Killed: erasures"""

from __future__ import annotations

import time
from itertools import count

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.people.delegation.models import Delegation
from accounts.people.models import User
from accounts.privacy.erase import JOB_KIND, begin_erasure
from accounts.privacy.models import ErasureRequest
from accounts.privacy.requests import ask_for_erasure
from outbox.jobs.doorbell import ring
from outbox.jobs.models import Job
from tests.factories.accounts import CustomerAccountFactory, DelegationFactory, MembershipFactory, UserFactory
from tests.factories.outbox import MailFactory
from tests.ordeal import Trial
from tests.project.test_erased_everywhere import FIRST, LAST, NAMED, tables_naming
from tests.trials.killed.killable_shop import RECOVERED_WITHIN_SECONDS, KillableShop

pytestmark = pytest.mark.xdist_group("killable_shop")

# Rows of a kind that name the person: several steps of the erasure.
COPIES = 700
State = ErasureRequest.State
_people = count(1)


def test_killed_in_the_middle_of_an_erasure(killable_shop: KillableShop, trial: Trial):
    """Killed in the middle of an erasure: it goes on, nothing is left half, no page finds the name"""
    times = trial.size(2, 20)
    shop = killable_shop
    took, struck = [], 0
    with shop.at_hand():
        operator, merchant = MembershipFactory(is_owner=True).user, UserFactory(is_staff=True, is_superuser=True)
        for number in range(times):
            asked = known_everywhere(operator)
            assert NAMED.search(people_page(operator))
            begin_erasure(request_id=asked.pk, actor=merchant, now=timezone.now())
            begun = time.monotonic()
            shop.wait_until(lambda asked=asked: ErasureRequest.objects.get(pk=asked.pk).rows)
            (shop.kill_children, shop.kill_worker)[number % 2]()
            struck += ErasureRequest.objects.get(pk=asked.pk).state == State.RUNNING
            shop.wait_until(lambda asked=asked: is_done(asked), seconds=3 * RECOVERED_WITHIN_SECONDS)
            took.append(time.monotonic() - begun)

            assert tables_naming() == set()
            assert not NAMED.search(people_page(operator))
            done = ErasureRequest.objects.get(pk=asked.pk)
            assert (done.known, done.rows >= 2 * COPIES) == ({}, True)
    assert struck > 0
    trial.note("people erased, the worker killed each time", times)
    trial.note("erasures struck in the middle", struck)
    trial.note("longest erasure, s", round(max(took), 1))


def known_everywhere(operator: User) -> ErasureRequest:
    """Return the request for erasure of somebody whom accounts have placed, and who got mails by the hundred."""
    address = f"zebulon{next(_people)}@quixotte.example"
    person = UserFactory(email=address, first_name=FIRST, last_name=LAST)
    copied = {"person": person, "email": address, "first_name": FIRST, "last_name": LAST}
    account = operator.memberships.get().account
    DelegationFactory(account=account, operator=operator, **copied)
    Delegation.objects.bulk_create(
        Delegation(account=CustomerAccountFactory(), operator=operator, **copied) for _copy in range(20)
    )
    MailFactory.create_batch(COPIES, recipient=address, person_id=person.pk, subject=f"{LAST}, welcome", state="failed")
    MailFactory.create_batch(
        COPIES, recipient=operator.email, context={"people": [{"first": FIRST, "last": LAST}]}, account_id=account.pk,
        state="failed",
    )  # fmt: skip
    return ask_for_erasure(person=person, asked_by=person, now=timezone.now())


def is_done(asked: ErasureRequest) -> bool:
    """Tell whether an erasure is done; one that waits for mails on their way looks again at once."""
    waiting = Job.objects.pending().filter(kind=JOB_KIND, due_at__gt=timezone.now())
    if waiting.update(due_at=timezone.now()):
        ring()
    return ErasureRequest.objects.get(pk=asked.pk).state == State.DONE


def people_page(operator: User) -> str:
    """Return the operator's list of people, as a search for the name finds them."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(operator)
    page = client.get(reverse("account-people", args=[operator.memberships.get().account_id]))
    assert page.status_code == 200
    return page.content.decode()

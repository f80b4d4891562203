"""A page of the administration with rows of another model takes as many statements for many of them as for one."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.members.models import MemberInvitation, Membership
from accounts.members.services import invite_member
from catalog.models.entries import PriceTier
from catalog.models.entry_fields import EntryField
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import EntryFactory

pytestmark = pytest.mark.django_db


def members(number):
    account = CustomerAccountFactory()
    for _each in range(number):
        MembershipFactory(account=account)
    return account


def invitations(number):
    owner = MembershipFactory()
    for each in range(number):
        invite_member(
            account=owner.account, email=f"p{each}@example.org", roles={"is_buyer"}, invited_by=owner.user,
            language="en", now=timezone.now(),
        )  # fmt: skip
    return owner.account


def memberships(number):
    user = UserFactory()
    for _each in range(number):
        MembershipFactory(user=user)
    return user


def prices(number):
    return EntryFactory(tiers=dict.fromkeys(range(1, number + 1), "10.00"))


def fields(number):
    entry = EntryFactory()
    EntryField.objects.bulk_create(
        EntryField(entry=entry, name=f"field_{each}", kind="text", label_en=f"Field {each}", position=each)
        for each in range(number)
    )
    return entry


ROWS = {
    ("CustomerAccount", Membership): members,
    ("CustomerAccount", MemberInvitation): invitations,
    ("User", Membership): memberships,
    ("Entry", PriceTier): prices,
    ("Entry", EntryField): fields,
}


def rows_of_pages(rf, merchant):
    request = rf.get("/")
    request.user = merchant
    for model, page in admin.site._registry.items():
        for inline in page.get_inlines(request, model()):
            yield model._meta.object_name, inline.model


def test_rows_of_every_page_are_counted_here(rf, merchant):
    assert set(rows_of_pages(rf, merchant)) == set(ROWS)


@pytest.mark.parametrize("shown", ROWS, ids=lambda each: f"{each[0]}-{each[1].__name__}")
def test_a_page_takes_as_many_statements_for_twenty_rows_as_for_one(client, shown):
    counts = []
    for number in (1, 20):
        row = ROWS[shown](number)
        page = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
        client.get(page)
        with CaptureQueriesContext(connection) as asked:
            assert client.get(page).status_code == 200
        counts.append([each["sql"] for each in asked])

    assert len(counts[0]) == len(counts[1]), "\n".join(counts[1])

"""Staff's view of people, in the security log."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from accounts.security_log.models import SecurityEvent
from accounts.security_log.viewing import PAGES
from tests.factories.accounts import CustomerAccountFactory, UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place

pytestmark = pytest.mark.django_db

WITHOUT_PEOPLE = {
    "accounts.securityevent",
    "auth.group",
    "billing.chartaccount",
    "billing.closure",
    "billing.ledgerentry",
    "catalog.category",
    "catalog.entry",
    "catalog.tax",
    "documents.numberformats",
    "enrolments.course",
    "enrolments.role",
    "handlers.brokenhook",
    "shop.legaltext",
    "shop.paymentplan",
    "shop.platformsettings",
    "shop.providersettings",
    "shop.shopidentity",
}


@pytest.fixture
def boss():
    return UserFactory(email="boss@example.org", is_staff=True, is_superuser=True)


@pytest.fixture
def browser(boss):
    client = Client()
    client.force_login(boss)
    return client


def views() -> list[tuple]:
    rows = SecurityEvent.objects.filter(kind="person_viewed").order_by("id")
    return [(row.details["page"], row.details["row"], row.user_id, row.actor_id) for row in rows]


def test_a_person_is_recorded_once_an_hour(browser, boss):
    alice, bob = UserFactory(), UserFactory()
    for person in (alice, alice, bob, alice):
        assert browser.get(reverse("admin:accounts_user_change", args=[person.pk])).status_code == 200

    assert views() == [
        ("accounts.user", alice.pk, alice.pk, boss.pk),
        ("accounts.user", bob.pk, bob.pk, boss.pk),
    ]


def test_lists_and_other_rows(browser, boss):
    account = CustomerAccountFactory()
    browser.get(reverse("admin:accounts_user_changelist"), {"q": "alice"})
    browser.get(reverse("admin:accounts_customeraccount_change", args=[account.pk]))

    assert views() == [
        ("accounts.user", None, None, boss.pk),
        ("accounts.customeraccount", account.pk, None, boss.pk),
    ]


def test_an_order_by_its_token(browser, boss):
    order = place(make_cart(EntryFactory()))
    assert browser.get(reverse("order", args=[order.token])).status_code == 200
    Client().get(reverse("order", args=[order.token]))

    assert views() == [("order", order.pk, None, boss.pk)]


def test_what_staff_may_not_see_is_no_view():
    clerk = UserFactory(is_staff=True)
    client = Client()
    client.force_login(clerk)
    assert client.get(reverse("admin:accounts_user_change", args=[clerk.pk])).status_code == 403

    assert views() == []


def test_every_model_of_the_administration_is_one_of_people_or_not():
    labels = {model._meta.label_lower for model in admin.site._registry}
    recorded = {label for label in labels if PAGES.find(f"admin:{label.replace('.', '_')}_change")}

    assert labels - recorded == WITHOUT_PEOPLE & labels
    assert not recorded & WITHOUT_PEOPLE

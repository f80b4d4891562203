"""No form of the administration overwrites unseen what was saved elsewhere since the form was shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import models
from django.urls import reverse

from accounts.members.models import CustomerAccount, Membership
from accounts.people.models import User
from billing.journal.models import ChartAccount
from catalog.models.categories import Category
from catalog.models.entries import Entry, PriceTier
from catalog.models.taxes import Tax
from common.admin.made_from import CarriesMadeFrom
from common.admin.readonly import ReadOnlyAdmin
from common.made_from import MADE_FROM, note
from common.made_from_rows import MadeFromRows
from documents.series.models import NumberFormats
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from shop.papers.platforms.models import PlatformSettings
from shop.payments.configured.models import ProviderSettings
from shop.payments.plans.models import PaymentPlan
from shop.seller.models import LegalText, ShopIdentity
from tests.catalog.admin_pages import controls, text_of
from tests.factories.accounts import CustomerAccountFactory, MembershipFactory, UserFactory
from tests.factories.catalog import CategoryFactory, EntryFactory, TaxFactory
from tests.factories.enrolments import CourseFactory, CourseGroupFactory, RoleFactory
from tests.shop.papers.platforms.given import platform_row
from tests.shop.payments.configured.given import row_of

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Case:
    """A row, a field that a rival changes meanwhile, and another field that is typed into."""

    make: Callable[[], models.Model]
    field: str
    theirs: Any
    other: str
    mine: str


def legal_text() -> LegalText:
    return LegalText.objects.create(kind="terms", version=1, body_en="Old", body_fr="Ancien")


def chart_account() -> ChartAccount:
    return ChartAccount.objects.create(account="sales", number="706000", label="Formations")


CASES: dict[type[models.Model], Case] = {
    Category: Case(CategoryFactory, "name_fr", "Incendie", "name_en", "Fire"),
    CourseGroup: Case(CourseGroupFactory, "name", "Afternoons", "name", "Evenings"),
    ChartAccount: Case(chart_account, "label", "Ventes", "number", "706100"),
    Course: Case(CourseFactory, "capacity", 7, "name_en", "Fire"),
    CustomerAccount: Case(CustomerAccountFactory, "city", "Nantes", "name", "Alpha"),
    Entry: Case(EntryFactory, "summary_fr", "Bref", "name_en", "Fire"),
    Group: Case(lambda: Group.objects.create(name="Desk"), "name", "Front desk", "name", "Sales"),
    LegalText: Case(legal_text, "body_fr", "Nouveau", "body_en", "New"),
    Role: Case(RoleFactory, "name_fr", "Accompagnant", "name_en", "Coach"),
    NumberFormats: Case(
        lambda: NumberFormats.objects.create(pk=1), "receipt", "Q{year}-{number}", "invoice", "INV{year}-{number}"
    ),
    PaymentPlan: Case(
        lambda: PaymentPlan.objects.create(deposit_percent=30, instalments=2),
        *("days_between", 45, "deposit_percent", "20"),
    ),
    PlatformSettings: Case(platform_row, "offer", "no", "offer", "yes"),
    ProviderSettings: Case(row_of, "offer", "no", "offer", "yes"),
    ShopIdentity: Case(
        lambda: ShopIdentity.current(),
        "iban",
        "FR76 3000 6000 0112 3456 7890 189",
        "support_email",
        "help@amphi.example",
    ),
    Tax: Case(TaxFactory, "rate", "5.5", "name_en", "Reduced"),
    User: Case(UserFactory, "last_name", "Éluard", "first_name", "Paul"),
}


def page_of(row: models.Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def shown(client: Any, row: models.Model) -> dict[str, Any]:
    return controls(client.get(page_of(row)), f"{row._meta.model_name}_form")


def stored(row: models.Model, name: str) -> str:
    return str(getattr(type(row)._base_manager.get(pk=row.pk), name))


def test_every_change_form_of_the_administration_is_tried_here():
    writable = {model for model, page in admin.site._registry.items() if not isinstance(page, ReadOnlyAdmin)}
    assert writable == set(CASES)
    assert all(isinstance(admin.site._registry[model], CarriesMadeFrom) for model in writable)
    assert not [page for page in admin.site._registry.values() if page.list_editable]


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: case.make.__name__)
def test_a_change_made_elsewhere_is_told_and_stays(client, case):
    row = case.make()
    sent = shown(client, row) | {case.other: case.mine}
    type(row)._base_manager.filter(pk=row.pk).update(**{case.field: case.theirs})
    theirs = stored(row, case.field)

    refused = client.post(page_of(row), sent)

    assert refused.status_code == 200
    assert "Somebody else has changed this since you opened it" in text_of(refused)
    assert "Meanwhile changed" in " ".join(refused.context["adminform"].form.errors[case.field])
    assert stored(row, case.field) == theirs
    again = controls(refused, f"{row._meta.model_name}_form")
    assert again[case.other] == case.mine

    answer = client.post(page_of(row), again)

    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert stored(row, case.other) == case.mine
    if case.field != case.other:
        assert stored(row, case.field) == theirs


def test_a_note_of_another_row_or_of_nobody_is_refused(client):
    one, other = TaxFactory(), TaxFactory()
    sent = shown(client, one)

    for forged in (shown(client, other)[MADE_FROM], "nonsense", note("catalog.tax 1", {})[:-1]):
        answer = client.post(page_of(one), sent | {"name_en": "Mine", MADE_FROM: forged})
        assert "This form was opened for something else" in text_of(answer)


def member_rows(sent: dict[str, Any]) -> list[str]:
    return [sent[f"memberships-{number}-user"] for number in range(int(sent["memberships-TOTAL_FORMS"]))]


def test_rows_added_removed_and_changed_elsewhere_are_told_and_stay(client):
    account = CustomerAccountFactory()
    owner = MembershipFactory(account=account, is_owner=True)
    gone, buyer = (MembershipFactory(account=account, is_owner=False, is_buyer=True) for _ in range(2))
    sent = shown(client, account)
    number = member_rows(sent).index(str(owner.user_id))
    gone.delete()
    added = MembershipFactory(account=account, is_owner=False, is_accountant=True)
    Membership.objects.filter(pk=buyer.pk).update(is_operator=not buyer.is_operator)

    refused = client.post(page_of(account), sent | {f"memberships-{number}-is_accountant": "on"})

    page = text_of(refused)
    assert "Meanwhile added: " in page
    assert "Meanwhile removed: " in page
    assert "Meanwhile changed from" in page
    assert not Membership.objects.get(pk=owner.pk).is_accountant
    again = controls(refused, "customeraccount_form")
    assert member_rows(again)[-2:] == [str(added.user_id), str(gone.user_id)]
    total = int(again["memberships-TOTAL_FORMS"])
    assert [again.get(f"memberships-{number}-id") or "" for number in (total - 2, total - 1)] == [str(added.pk), ""]

    assert client.post(page_of(account), again).status_code == 302

    assert Membership.objects.get(pk=owner.pk).is_accountant
    assert Membership.objects.get(pk=buyer.pk).is_operator is not buyer.is_operator
    assert Membership.objects.filter(pk=added.pk, is_accountant=True).exists()


def test_a_price_added_elsewhere_is_not_lost(client):
    entry = EntryFactory()
    sent = shown(client, entry) | {"name_en": "Mine"}
    PriceTier.objects.create(entry=entry, from_quantity=10, unit_net=80)

    refused = client.post(page_of(entry), sent)

    assert "Meanwhile added: " in text_of(refused)
    assert client.post(page_of(entry), controls(refused)).status_code == 302
    assert PriceTier.objects.filter(entry=entry, from_quantity=10).exists()
    assert Entry.objects.get().name_en == "Mine"


def test_a_price_added_while_the_form_is_looked_at_is_not_lost(client, monkeypatch):
    entry = EntryFactory(name_en="Theirs")
    sent = shown(client, entry) | {"name_en": "Mine"}
    read, added = MadeFromRows._bring_up_to_date, []

    def read_before_it_is_added(rows: MadeFromRows) -> None:
        read(rows)
        if not added:
            added.append(PriceTier.objects.create(entry=entry, from_quantity=10, unit_net=80))

    monkeypatch.setattr(MadeFromRows, "_bring_up_to_date", read_before_it_is_added)

    refused = client.post(page_of(entry), sent)

    assert "Somebody else has changed this since you opened it" in text_of(refused)
    assert Entry.objects.get().name_en == "Theirs"
    assert controls(refused)["name_en"] == "Mine"


@pytest.mark.parametrize("is_changed", [False, True])
def test_a_row_is_removed_at_once_unless_somebody_else_changed_it_meanwhile(client, is_changed):
    account = CustomerAccountFactory()
    MembershipFactory(account=account, is_owner=True)
    buyer = MembershipFactory(account=account, is_owner=False, is_buyer=True, is_operator=False)
    sent = shown(client, account)
    sent[f"memberships-{member_rows(sent).index(str(buyer.user_id))}-DELETE"] = "on"
    if is_changed:
        Membership.objects.filter(pk=buyer.pk).update(is_operator=True)

    answer = client.post(page_of(account), sent)

    if is_changed:
        assert f"Meanwhile changed: {buyer}. Save again to remove it all the same." in text_of(answer)
        assert Membership.objects.filter(pk=buyer.pk).exists()
        answer = client.post(page_of(account), controls(answer, "customeraccount_form"))
    assert answer.status_code == 302
    assert not Membership.objects.filter(pk=buyer.pk).exists()

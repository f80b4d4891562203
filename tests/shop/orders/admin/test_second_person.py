"""Confirming money, giving back and noting as paid back, by two people."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from accounts.people.models import User
from accounts.second_person.models import ActAlone, Approval
from accounts.second_person.services import AskedAlready, DecidedAlready, MayNotDecide, SamePerson, approve, decline
from accounts.security_log.models import SecurityEvent
from accounts.staff.roles import make_role_groups
from outbox.mails.models import Mail
from shop.orders.giving_back.models import GivingBack
from shop.orders.models import Order
from shop.orders.second_person import confirm_or_ask
from shop.payments.models import PaymentEvent
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, pay, place
from tests.shop.admin_pages import order_url, text_of
from tests.shop.merchants import browser_of, staff

pytestmark = pytest.mark.django_db

TYPED = {"amount": "120.00", "reference": "statement 7"}


def in_accounting() -> User:
    make_role_groups()
    user = staff()
    user.groups.add(Group.objects.get(staff_role__code="accounting"))
    return user


@pytest.fixture
def first() -> User:
    return in_accounting()


@pytest.fixture
def second() -> User:
    return in_accounting()


def button(approval: Approval, name: str) -> str:
    return reverse(f"admin:accounts_approval_{name}", args=[approval.pk])


def status(order) -> str:
    return Order.objects.get(pk=order.pk).status


def test_without_the_setting_one_person_is_enough(first, order):
    browser_of(first).post(order_url(order, "payment"), TYPED)

    assert (status(order), Approval.objects.count()) == ("paid", 0)


def test_up_to_the_limit_one_person_is_enough(first, order, settings):
    settings.SECOND_PERSON_CONFIRM_ABOVE = Decimal(120)
    browser_of(first).post(order_url(order, "payment"), TYPED)

    assert (status(order), Approval.objects.count()) == ("paid", 0)


def test_above_it_the_money_waits_and_another_confirms_it(first, second, order, settings):
    settings.SECOND_PERSON_CONFIRM_ABOVE = Decimal(100)
    mails = Mail.objects.count()

    answer = browser_of(first).post(order_url(order, "payment"), TYPED, follow=True)

    assert "This waits for a second person" in text_of(answer)
    assert (status(order), PaymentEvent.objects.count(), Mail.objects.count()) == ("placed", 0, mails)
    approval = Approval.objects.get()
    assert (approval.state, approval.asked_by) == ("open", first)
    assert "waits for a second person" in text_of(browser_of(first).get(order_url(order)))
    browser_of(first).post(button(approval, "approve"))
    assert status(order) == "placed"
    page = text_of(browser_of(second).get(reverse("admin:accounts_approval_change", args=[approval.pk])))
    assert all(word in page for word in (order.number, "statement 7", "120.00"))

    browser_of(second).post(button(approval, "approve"))

    approval.refresh_from_db()
    assert (status(order), approval.state, approval.decided_by) == ("paid", "approved", second)
    assert PaymentEvent.objects.get().actor == second
    both = order.events.get(what="second_person")
    assert (both.actor, both.detail["asked_by"]) == (second, first.pk)
    assert first.get_full_name() in text_of(browser_of(second).get(order_url(order)))
    kinds = SecurityEvent.objects.order_by("pk").values_list("kind", "actor_id")
    assert [each for each in kinds if each[0].startswith("approval")] == [
        ("approval_asked", first.pk),
        ("approval_given", second.pk),
    ]


def test_declined_it_never_happens(first, second, order, settings):
    settings.SECOND_PERSON_CONFIRM_ABOVE = Decimal(0)
    browser_of(first).post(order_url(order, "payment"), TYPED)
    approval = Approval.objects.get()

    browser_of(second).post(button(approval, "decline"))
    browser_of(second).post(button(approval, "approve"))

    approval.refresh_from_db()
    assert (status(order), approval.state, PaymentEvent.objects.count()) == ("placed", "declined", 0)


def test_whoever_asked_takes_it_back(first, order, settings):
    settings.SECOND_PERSON_CONFIRM_ABOVE = Decimal(0)
    browser_of(first).post(order_url(order, "payment"), TYPED)

    browser_of(first).post(button(Approval.objects.get(), "decline"))

    assert Approval.objects.get().state == "declined"


def test_only_who_may_do_it_approves_and_only_while_the_first_one_may(first, second, order, settings):
    settings.SECOND_PERSON_CONFIRM_ABOVE = Decimal(0)
    browser_of(first).post(order_url(order, "payment"), TYPED)
    approval, now = Approval.objects.get(), timezone.now()
    with pytest.raises(SamePerson):
        approve(approval_id=approval.pk, actor=first, now=now)
    with pytest.raises(MayNotDecide):
        approve(approval_id=approval.pk, actor=staff("accounts.view_approval"), now=now)
    with pytest.raises(MayNotDecide):
        decline(approval_id=approval.pk, actor=staff("accounts.view_approval"), now=now)
    first.groups.clear()
    with pytest.raises(MayNotDecide):
        approve(approval_id=approval.pk, actor=second, now=now)
    decline(approval_id=approval.pk, actor=second, now=now)
    with pytest.raises(DecidedAlready):
        approve(approval_id=approval.pk, actor=second, now=now)
    assert status(order) == "placed"


def test_one_thing_waits_once(first, second, order, settings):
    settings.SECOND_PERSON_CONFIRM_ABOVE = Decimal(0)
    typed = {"order_id": order.pk, "amount": order.gross, "reference": "7", "is_what_arrived": False}
    confirm_or_ask(**typed, actor=first, now=timezone.now())

    with pytest.raises(AskedAlready):
        confirm_or_ask(**typed, actor=second, now=timezone.now())


def test_what_cannot_be_done_is_refused_to_the_first_person(first, order, settings):
    settings.SECOND_PERSON_CONFIRM_ABOVE = Decimal(0)

    answer = browser_of(first).post(order_url(order, "payment"), {**TYPED, "amount": "119.00"})

    assert answer.status_code == 200
    assert not Approval.objects.exists()


def test_units_go_back_and_money_is_noted_by_two_people(first, second, order, diary, settings):
    settings.SECOND_PERSON_GIVE_BACK_ABOVE = Decimal(100)
    pay(order)
    line = order.lines.get()
    page = reverse("admin:shop_order_give_back", args=[order.pk, line.pk])
    typed = {"units": "1", "reason": "Ill", "owes_money": "on", "confirmed": "yes"}

    browser_of(first).post(page, typed)

    approval = Approval.objects.get()
    assert (approval.kind, GivingBack.objects.count()) == ("give_back_units", 0)
    browser_of(second).post(button(approval, "approve"))
    assert GivingBack.objects.get().actor == second

    noted = {"owed": "120.00", "paid_on": "2026-01-02", "reference": "transfer 7"}
    browser_of(first).post(order_url(order, "pay_back"), noted)
    approval = Approval.objects.get(state="open")
    assert GivingBack.objects.get().paid_back_at is None
    browser_of(second).post(button(approval, "approve"))
    assert GivingBack.objects.get().paid_back_by == second
    assert order.events.filter(what="second_person").count() == 2


# --- The sum of a day ---


def confirm(order, actor: User, *, at=None) -> Approval | None:
    _outcome, kept = confirm_or_ask(
        order_id=order.pk,
        amount=order.gross,
        reference="statement 7",
        is_what_arrived=False,
        actor=actor,
        now=at or timezone.now(),
    )
    return kept


@pytest.fixture
def orders(probe_entry):
    """Return three orders of 120.00 each."""
    return [place(make_cart(probe_entry), email=f"buyer{number}@example.org") for number in range(3)]


def test_what_one_person_does_in_a_day_counts_together(first, second, orders, settings):
    settings.SECOND_PERSON_CONFIRM_ABOVE = Decimal(240)

    kept = [confirm(order, first) for order in orders]

    assert [each is None for each in kept] == [True, True, False]
    assert [status(order) for order in orders] == ["paid", "paid", "placed"]
    approve(approval_id=kept[2].pk, actor=second, now=timezone.now())
    assert status(orders[2]) == "paid"
    # The second person's own acts are not used up by what two people did.
    assert ActAlone.objects.filter(actor=first).count() == 2
    assert not ActAlone.objects.filter(actor=second).exists()


def test_another_person_and_another_day_are_counted_anew(first, second, orders, settings):
    settings.SECOND_PERSON_CONFIRM_ABOVE = Decimal(120)
    now = timezone.now()

    assert confirm(orders[0], first, at=now) is None
    assert confirm(orders[1], second, at=now) is None
    assert confirm(orders[2], first, at=now + timedelta(hours=23, minutes=59)) is not None
    decline(approval_id=Approval.objects.get().pk, actor=first, now=now)
    assert confirm(orders[2], first, at=now + timedelta(days=1)) is None


def test_acts_of_another_kind_do_not_count_and_small_ones_do(first, settings):
    settings.SECOND_PERSON_CONFIRM_ABOVE = Decimal(1)
    small = [
        place(make_cart(EntryFactory(tiers={1: "0.50"})), email=f"buyer{number}@example.org") for number in range(2)
    ]
    ActAlone.objects.create(kind="another", worth=Decimal(500), actor=first, at=timezone.now())

    assert confirm(small[0], first) is None
    assert confirm(small[1], first) is not None


def test_a_refund_in_parts_is_worth_as_much_as_the_refund(first, probe_entry, diary, settings):
    settings.SECOND_PERSON_GIVE_BACK_ABOVE = Decimal(240)
    order = place(make_cart(probe_entry, quantity=3))
    pay(order)
    page = reverse("admin:shop_order_give_back", args=[order.pk, order.lines.get().pk])

    for unit in ("1", "2", "3"):
        typed = {"units": unit, "reason": "Ill", "owes_money": "on", "confirmed": "yes"}
        browser_of(first).post(page, typed)

    assert GivingBack.objects.count() == 2
    assert Approval.objects.get().values["units"] == {str(order.lines.get().pk): [[2, 2]]}


def test_without_a_limit_nothing_is_noted(first, orders):
    confirm(orders[0], first)
    assert not ActAlone.objects.exists()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_acts_page_reads_in_both_languages(first, second, order, settings, language):
    settings.SECOND_PERSON_CONFIRM_ABOVE = Decimal(0)
    browser_of(first).post(order_url(order, "payment"), TYPED)
    word = {"en": "Approve, and do it", "fr": "Approuver et exécuter"}[language]

    answer = browser_of(second, language).get(
        reverse("admin:accounts_approval_change", args=[Approval.objects.get().pk])
    )

    assert word in text_of(answer)

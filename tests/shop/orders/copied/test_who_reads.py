"""Orders of an erased customer: no page, search or export of staff tells who it was, but to accounting."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from accounts.staff.roles import make_role_groups
from outbox.mails.models import Mail
from shop.notes.services import add_note
from shop.orders.billing.services import CorrectionRefused, correct_billing
from shop.orders.copied.models import KeptBilling
from tests.factories.accounts import UserFactory
from tests.factories.shop import deliver, pay
from tests.shop.admin_pages import line_url, order_url, text_of
from tests.shop.merchants import browser_of
from tests.shop.orders.copied.given import EMAIL, LAST, NAME, STREET, TRACES, bought, customer, erase

pytestmark = pytest.mark.django_db

MODELS = ("shop_order", "shop_payment", "shop_paymentevent", "shop_phoneorder", "outbox_mail")
ACCOUNTANTS = ("accounting", "administrator")


@pytest.fixture
def sealed():
    """Sell to a customer who is erased; what other rooms hold about them is blanked by those."""
    user, account = customer()
    staff = UserFactory(is_staff=True)
    order = bought(user, account, paid=False)
    add_note(text=f"{NAME} rang up", author=staff, now=timezone.now(), order=order)
    correct_billing(order_id=order.pk, values={"billing_city": "Brest"}, reason=NAME, actor=staff, now=timezone.now())
    pay(order)
    deliver(order)
    erase(user)
    User.objects.filter(pk=user.pk).update(email="gone@example.org", first_name="", last_name="")
    CustomerAccount.objects.filter(pk=account.pk).update(name="", street="")
    Mail.objects.filter(recipient=EMAIL).update(recipient="gone@example.org")
    return order


def browser(role: str):
    make_role_groups()
    person = UserFactory(is_staff=True, email=f"{role}@staff.example")
    person.groups.add(Group.objects.get(staff_role__code=role))
    return browser_of(person)


def addresses(order):
    """Yield every page of the administration that shows or finds the order, its money and its mails."""
    typed = ["", EMAIL, LAST]
    for model in MODELS:
        for text in typed:
            yield f"{reverse(f'admin:{model}_changelist')}?{urlencode({'q': text})}"
    for text in typed:
        yield f"{reverse('admin:search')}?{urlencode({'s': text, 'extended': 1})}"
    yield order_url(order)
    yield from (order_url(order, action) for action in ("billing", "payment", "cancel", "pay_back"))
    yield from (line_url(order.lines.get(), action) for action in ("units", "give_back"))
    yield from (reverse("admin:shop_payment_change", args=[row.pk]) for row in order.payments.all())
    yield from (reverse("admin:shop_paymentevent_change", args=[row.pk]) for row in order.payment_events.all())
    for mail in Mail.objects.filter(order_id=order.pk):
        yield reverse("admin:outbox_mail_change", args=[mail.pk])
        yield reverse("admin:outbox_mail_body", args=[mail.pk])
    yield reverse("order", args=[order.token])


@pytest.mark.parametrize("role", ["catalogue", "sales", "accounting", "support", "administrator"])
def test_only_accounting_reads_who_it_was(sealed, role):
    client = browser(role)
    opened, told = 0, []
    for address in addresses(sealed):
        answer = client.get(address)
        assert answer.status_code in (200, 302, 403, 404), address
        opened += answer.status_code == 200
        page = answer.content.decode() if answer.status_code == 200 else ""
        if any(trace in page and trace not in address_typed(address) for trace in TRACES):
            told.append(address)

    assert opened > (0 if role == "catalogue" else 15)
    assert told == ([order_url(sealed), order_url(sealed, "billing")] if role in ACCOUNTANTS else [])


def address_typed(address: str) -> str:
    """Return what the address searches for, which stands on the page again."""
    typed = parse_qs(urlsplit(address).query)
    return " ".join(value for values in typed.values() for value in values)


@pytest.mark.parametrize(("role", "finds"), [("sales", 0), ("support", 0), ("accounting", 1), ("administrator", 1)])
@pytest.mark.parametrize("typed", [EMAIL, LAST, "quillevere"])
def test_only_accounting_finds_the_order_by_them(sealed, role, finds, typed):
    client = browser(role)
    page = client.get(reverse("admin:shop_order_changelist"), {"q": typed})
    assert len(page.context["cl"].result_list) == finds
    assert (sealed.number in client.get(reverse("admin:search"), {"s": typed}).content.decode()) == bool(finds)


def test_staff_are_told_why_they_see_nothing(sealed):
    told = text_of(browser("sales").get(order_url(sealed)))
    assert "kept for accounting" in told
    assert "Correct the billing data" not in told
    assert "kept for accounting" in text_of(browser("support").get(reverse("admin:shop_order_changelist")))
    accountant = browser("accounting")
    told = text_of(accountant.get(order_url(sealed)))
    assert STREET in told
    assert "For accounting alone since" in told
    assert "Correct the billing data" in told


def test_once_they_are_blanked_accounting_reads_nothing_either(sealed):
    KeptBilling.objects.all().delete()
    type(sealed).objects.filter(pk=sealed.pk).update(
        sealed_at=None, blanked_at=timezone.now(), paid_at=timezone.now() - timedelta(days=3653)
    )
    assert "no longer kept" in text_of(browser("accounting").get(order_url(sealed)))


def corrected(browser, order, **changes):
    """Correct billing data on the page, as it is shown."""
    page = browser.get(order_url(order, "billing"))
    assert page.status_code == 200
    shown = {name: page.context["form"][name].value() or "" for name in page.context["form"].fields}
    return browser.post(order_url(order, "billing"), {**shown, **changes, "reason": "Typed wrong"})


def test_accounting_corrects_what_it_keeps_and_the_history_tells_no_value(sealed):
    answer = corrected(browser("accounting"), sealed, billing_city="Quimper")

    assert answer["location"] == order_url(sealed)
    kept = KeptBilling.objects.get(order=sealed)
    assert (kept.billing_city, kept.billing_name) == ("Quimper", NAME)
    sealed.refresh_from_db()
    assert sealed.billing_city == ""
    event = sealed.events.filter(what="billing_corrected").latest("pk")
    assert event.detail == {"reason": "Typed wrong", "changes": {"billing_city": ["…", "…"]}}
    assert "Typed wrong" in text_of(browser("sales").get(order_url(sealed)))


def test_nobody_else_corrects_what_is_kept_for_accounting(sealed):
    before = KeptBilling.objects.values().get()

    answer = browser("sales").get(order_url(sealed, "billing"))
    with pytest.raises(CorrectionRefused):
        correct_billing(
            order_id=sealed.pk,
            values={"billing_city": "Quimper"},
            reason="x",
            actor=UserFactory(is_staff=True),
            now=timezone.now(),
        )

    assert answer["location"] == order_url(sealed)
    assert KeptBilling.objects.values().get() == before


def test_what_is_gone_is_corrected_by_nobody(sealed):
    KeptBilling.objects.all().delete()

    assert browser("accounting").get(order_url(sealed, "billing"))["location"] == order_url(sealed)

"""Permissions to look and to act."""

import pytest
from django.urls import reverse

from shop.orders.models import Order
from shop.payments.models import Payment, PaymentEvent
from shop.payments.on_account.services import terms_shown
from shop.seller.models import LegalText, ShopIdentity
from tests.factories.accounts import UserFactory
from tests.factories.shop import pay
from tests.shop.admin_pages import order_url
from tests.shop.merchants import browser_of, staff
from tests.shop.papers.given import SIRET
from tests.shop.probes import REFUSED

pytestmark = pytest.mark.django_db

LOOK = ("shop.view_order",)
CANCEL = ("shop.view_order", "shop.cancel_order")
CONFIRM = ("shop.view_order", "shop.confirm_money")


@pytest.fixture
def addresses(order):
    """Return the addresses of every page and every button."""
    pay(order)
    line = order.lines.get()
    text = LegalText.objects.create(kind="terms", version=1, body_en="x", body_fr="x")
    return [
        reverse("admin:shop_order_changelist"),
        order_url(order),
        order_url(order, "payment"),
        order_url(order, "cancel"),
        reverse("admin:shop_order_retry", args=[order.pk, line.pk]),
        reverse("admin:shop_order_units", args=[order.pk, line.pk]),
        reverse("admin:shop_order_give_back", args=[order.pk, line.pk]),
        reverse("admin:shop_payment_changelist"),
        reverse("admin:shop_payment_change", args=[Payment.objects.get().pk]),
        reverse("admin:shop_paymentevent_changelist"),
        reverse("admin:shop_paymentevent_change", args=[PaymentEvent.objects.get().pk]),
        reverse("admin:shop_shopidentity_changelist"),
        reverse("admin:shop_shopidentity_change", args=[1]),
        reverse("admin:shop_legaltext_changelist"),
        reverse("admin:shop_legaltext_add"),
        reverse("admin:shop_legaltext_change", args=[text.pk]),
        reverse("admin:shop_legaltext_publish", args=[text.pk]),
        reverse("admin:shop_legaltext_next", args=[text.pk]),
    ]


def test_strangers_are_sent_to_sign_in(addresses, db):
    from django.test import Client

    for address in addresses:
        for method in ("get", "post"):
            response = getattr(Client(), method)(address)
            assert response.status_code == 302, address
            assert "login" in response["Location"], address


def test_customers_see_nothing(addresses):
    client = browser_of(UserFactory())
    for address in addresses:
        assert client.get(address).status_code == 302
        assert client.post(address).status_code == 302


def test_staff_without_permission_is_refused(addresses):
    client = browser_of(staff())
    for address in addresses:
        assert {client.get(address).status_code, client.post(address).status_code} <= {403, 405}, address
    assert LegalText.objects.count() == 1
    assert not LegalText.objects.exclude(published_at=None).exists()


def test_whoever_may_look_may_not_act(order, diary):
    client = browser_of(staff(*LOOK))
    page = client.get(order_url(order))
    assert page.status_code == 200
    for action in ("payment", "cancel"):
        assert order_url(order, action) not in page.content.decode()
        assert client.get(order_url(order, action)).status_code == 403
        assert client.post(order_url(order, action), {"amount": "120", "reference": "x"}).status_code == 403
    diary.raises["post"] = [REFUSED]
    retry = reverse("admin:shop_order_retry", args=[order.pk, order.lines.get().pk])
    assert client.post(retry).status_code == 403
    assert Order.objects.get().status == "placed"


def test_cancelling_and_confirming_money_are_two_rights(order):
    cancels, confirms = browser_of(staff(*CANCEL)), browser_of(staff(*CONFIRM))
    assert cancels.get(order_url(order, "payment")).status_code == 403
    assert cancels.get(order_url(order, "cancel")).status_code == 200
    assert confirms.get(order_url(order, "cancel")).status_code == 403
    assert confirms.post(order_url(order, "payment"), {"amount": "120", "reference": "x"}).status_code == 302
    assert Order.objects.get().status == "paid"


def test_promises_and_terms_are_rights_of_their_own(order):
    confirms, promises = browser_of(staff(*CONFIRM)), browser_of(staff(*LOOK, "shop.accept_promise"))
    terms = reverse("admin:shop_account_terms", args=[order.account_id])
    agrees = browser_of(staff("shop.set_terms", "accounts.view_customeraccount"))
    assert confirms.get(order_url(order, "promise")).status_code == 403
    assert order_url(order, "promise") not in confirms.get(order_url(order)).content.decode()
    typed = {"limit": "500", "days": "30", "seen": terms_shown(order.account)}
    assert promises.post(terms, typed).status_code == 403
    assert agrees.post(terms, typed).status_code == 302
    order.account.refresh_from_db()
    assert order.account.credit_limit == 500
    assert order_url(order, "promise") in promises.get(order_url(order)).content.decode()
    opco = {"name": "AKTO", "siret": SIRET, "street": "14 rue Riquet", "postal_code": "75019", "city": "Paris"}
    told = {"kind": "opco", "reference": "F", "part": "0"} | opco
    assert promises.post(order_url(order, "promise"), told).status_code == 302
    assert Order.objects.get().status == "paid"


def test_a_promise_is_offered_only_while_something_is_open(client, order):
    assert order_url(order, "promise") in client.get(order_url(order)).content.decode()
    pay(order)
    assert order_url(order, "promise") not in client.get(order_url(order)).content.decode()


def test_rights_to_act_alone_show_nothing(order):
    client = browser_of(staff("shop.confirm_money"))
    assert client.get(order_url(order, "payment")).status_code == 403


def test_links_lead_only_where_the_reader_may_go(order):
    pay(order)
    account = reverse("admin:accounts_customeraccount_change", args=[order.account_id])
    payment = reverse("admin:shop_payment_change", args=[Payment.objects.get().pk])
    page = browser_of(staff(*LOOK)).get(order_url(order)).content.decode()
    assert account not in page
    assert payment not in page
    more = browser_of(staff(*LOOK, "accounts.view_customeraccount", "shop.view_payment"))
    page = more.get(order_url(order)).content.decode()
    assert account in page
    assert payment in page


def test_nothing_is_added_edited_or_deleted_by_hand(client, order):
    pay(order)
    order.refresh_from_db()
    rows = {"order": order, "payment": Payment.objects.get(), "paymentevent": PaymentEvent.objects.get()}
    for model, row in rows.items():
        before = {field.name: getattr(row, field.attname) for field in row._meta.concrete_fields}
        assert client.get(f"/admin/shop/{model}/add/").status_code == 403
        assert client.post(f"/admin/shop/{model}/add/", {}).status_code == 403
        assert client.get(f"/admin/shop/{model}/{row.pk}/delete/").status_code == 403
        assert client.post(f"/admin/shop/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
        assert client.post(f"/admin/shop/{model}/{row.pk}/change/", {"status": "paid"}).status_code in (403, 405)
        chosen = {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"}
        client.post(f"/admin/shop/{model}/", chosen)
        row.refresh_from_db()
        assert {field.name: getattr(row, field.attname) for field in row._meta.concrete_fields} == before
    assert not ShopIdentity.objects.filter(name="x").exists()

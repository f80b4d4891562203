"""Staff enter an order by telephone in a browser, and the customer accepts it."""

from django.utils import timezone

from shop.orders.models import Order
from shop.phone_orders.models import PhoneOrder
from shop.phone_orders.services import send_link
from tests.browser.administration import check, signed_in
from tests.browser.looks import findings
from tests.factories.catalog import EntryFactory


def test_from_the_telephone_to_the_order(browse, live_shop):
    entry = EntryFactory(name_fr="Sécurité incendie", name_en="Fire safety")
    page = signed_in(browse, live_shop.base_url, locale="fr-FR", viewport={"width": 1280, "height": 900})
    page.goto("/admin/shop/phoneorder/add/")
    page.locator("button[type=submit]", has_text="Saisir la commande").click()
    page.wait_for_url("**/change/")
    page.locator(".select2-selection").first.click()
    page.keyboard.type("incendie")
    page.get_by_role("option", name="incendie").click()
    page.locator("#id_quantity").fill("3")
    page.locator("button[type=submit]", has_text="Enregistrer les lignes").click()
    page.wait_for_selector("input[name^=seen-]", state="attached")
    for name, text in {
        "email": "alice@example.org", "contact_name": "Alice Martin", "billing_name": "Ateliers Martin",
        "street": "3 rue du Port", "postal_code": "44000", "city": "Nantes", "register_number": "73282932000074",
    }.items():  # fmt: skip
        page.locator(f"[name={name}]").fill(text)
    page.locator("button[type=submit]", has_text="Enregistrer les coordonnées").click()
    page.wait_for_selector("#id_how")
    for width in (1360, 390, 320):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("width => document.documentElement.scrollWidth <= width", arg=width)
    row = PhoneOrder.objects.get()
    assert row.cart.lines.get().entry == entry
    send_link(phone_order=row, now=timezone.now())

    customer = browse(live_shop.base_url, locale="fr-FR", viewport={"width": 320, "height": 800})
    customer.goto(f"/phone-orders/{row.token}/")
    assert findings(customer, runOnly=["wcag2a", "wcag2aa"]) == []
    assert customer.evaluate("document.documentElement.scrollWidth") <= 320
    customer.locator("button[type=submit]", has_text="Commander").click()
    customer.wait_for_url("**/orders/*/")
    order = Order.objects.get()
    page.goto(f"/admin/shop/order/{order.pk}/change/")
    check(page)

"""Steps of a customer in the browser, one function per step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse
from django.test import Client

from accounts.people.models import User
from catalog.models.entries import Entry
from shop.cart.micro_forms import Typed, version_of
from shop.cart.models import Cart, CartLine
from shop.orders.models import Order

VISITOR_DETAILS = {
    "email": "alice@example.org",
    "contact_name": "Alice Martin",
    "kind": "organisation",
    "register_number": "73282932000074",
    "billing_name": "Ateliers Martin",
    "street": "3 rue du Port",
    "postal_code": "44000",
    "city": "Nantes",
    "country": "FR",
}


def english_client() -> Client:
    return Client(headers={"accept-language": "en"})


def signed_in(user: User) -> Client:
    client = english_client()
    client.force_login(user)
    return client


def put_in_cart(client: Client, entry: Entry, quantity: int | str = 1) -> HttpResponse:
    return client.post(f"/e/{entry.code}/", {"quantity": quantity})


def cart_of(client: Client) -> Cart:
    return Cart.objects.get(token=client.session["cart"])


def type_quantity(client: Client, quantity: int | str, **pressed: str) -> HttpResponse:
    """Type a quantity into the cart's first line and press a button."""
    line = cart_of(client).lines.first()
    assert line is not None
    return client.post("/cart/", {f"quantity-{line.pk}": quantity, **pressed})


def type_units(client: Client, *names: str, start: int = 0, page: int = 1, **pressed: str) -> HttpResponse:
    """Type the names asked for by the units of the cart's first line."""
    line = cart_of(client).lines.first()
    assert line is not None
    typed = {f"unit-{line.pk}-{start + offset}-name": name for offset, name in enumerate(names)}
    made_from = units_shown(line, range(start, start + len(names)))
    return client.post(f"/checkout/units/?page={page}", {**made_from, **typed, **(pressed or {"next": "1"})})


def units_shown(line: CartLine, indexes: Iterable[int]) -> dict[str, Any]:
    """Return the controls by which the page of the units says what it shows now: line, quantity, units."""
    kept = {unit.index: version_of(Typed(unit.answers, unit.fields)) for unit in line.units.all()}
    versions = {f"made-{line.pk}-{index}": kept.get(index, "") for index in indexes}
    return {"line": line.pk, "quantity": line.quantity, **versions}


def type_details(client: Client, **changes: Any) -> HttpResponse:
    return client.post("/checkout/details/", {**VISITOR_DETAILS, **changes})


def press_order(client: Client, **changes: Any) -> HttpResponse:
    """Tick every box on the review as shown now, and press the button."""
    context = client.get("/checkout/review/").context
    return client.post("/checkout/review/", {**review_form(context), **changes})


def review_form(context: Any) -> dict[str, Any]:
    """Return the values of the review's form, all boxes ticked."""
    posted = {
        "cart": context["cart"].cart.token,
        "version": context["shown"].version,
        "gross": str(context["shown"].gross),
        "contents": context["shown"].contents,
        "accept_terms": "on",
        "start_at_once": "on",
    }
    return posted | ({"terms": context["terms"].pk} if context["terms"] else {})


def order_as_visitor(client: Client, entry: Entry, quantity: int = 1, **details: Any) -> Order:
    """Buy as a visitor an entry without forms, from the cart to the order."""
    put_in_cart(client, entry, quantity)
    type_details(client, **details)
    answer = press_order(client)
    assert answer.status_code == 302, answer.context["form"].errors or answer.context["notice"]
    return Order.objects.get(token=answer.url.split("/")[2])

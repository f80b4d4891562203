"""How the training pages of the admin show things."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info

from accounts.people.models import User
from enrolments.grounds.models import Ground
from enrolments.seats.models import SeatState

NOTHING = "–"

SEAT_COLOURS = {
    SeatState.AVAILABLE: "info",
    SeatState.ASSIGNED: "primary",
    SeatState.CONSUMED: "success",
    SeatState.EXPIRED: "warning",
    SeatState.REVOKED: "danger",
}


def language_tabs(*fields: str) -> list[tuple[str, dict[str, Any]]]:
    """Fieldsets with the texts of each language, shown as tabs; an error opens its tab."""
    codes = sorted((code for code, _name in settings.LANGUAGES), key=lambda code: code != settings.LANGUAGE_CODE)
    return [
        (
            get_language_info(code)["name_local"].capitalize(),
            {"classes": ["tab"], "fields": [f"{field}_{code}" for field in fields]},
        )
        for code in codes
    ]


def link(model: str, pk: int | None, text: object) -> SafeString | str:
    """A link to a row's page (`app_model`), or the text alone where that page is not installed."""
    if pk is None:
        return NOTHING
    try:
        url = reverse(f"admin:{model}_change", args=[pk])
    except NoReverseMatch:
        return str(text)
    return format_html('<a class="amphi-link" href="{}">{}</a>', url, text)


def person_in_two_lines(person: User | None) -> SafeString | str:
    """Name and address, for a list."""
    if person is None:
        return NOTHING
    name = f"{person.first_name} {person.last_name}".strip()
    if not name:
        return person.email
    return format_html('<div class="amphi-two">{}<span class="amphi-quiet">{}</span></div>', name, person.email)


def order_link(order_id: int | None, number: str) -> SafeString | str:
    """The order's page. Orders live on a floor above, which may be absent."""
    return link("shop_order", order_id, number or f"#{order_id}")


def purchase(ground: Ground) -> SafeString | str:
    """Which purchase a ground comes from, in one line: its kind, order, and the account that bought it."""
    parts: list[SafeString | str] = [str(ground.get_kind_display())]
    if ground.order_id is not None:
        parts.append(order_link(ground.order_id, ground.order_number))
    if ground.account is not None:
        parts.append(link("accounts_customeraccount", ground.account_id, ground.account))
    joined = parts[0]
    for part in parts[1:]:
        joined = format_html("{} · {}", joined, part)
    return joined

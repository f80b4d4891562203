"""Origin of a ground or a seat, in the training pages of the admin."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.admin.display import link
from enrolments.grounds.models import Ground


def order_link(order_id: int | None, number: str) -> SafeString | str:
    """Return a link to the order's page, if there is one. Orders live on a floor above, which may be absent."""
    return link("shop_order", order_id, number or f"#{order_id}")


def purchase(ground: Ground) -> SafeString | str:
    """Return the purchase behind a ground, in one line: its kind, order, and the account that bought it."""
    parts: list[SafeString | str] = [str(ground.get_kind_display())]
    if ground.order_id is not None:
        parts.append(order_link(ground.order_id, ground.order_number))
    if ground.account is not None:
        parts.append(link("accounts_customeraccount", ground.account_id, ground.account))
    joined = parts[0]
    for part in parts[1:]:
        joined = format_html("{} · {}", joined, part)
    return joined

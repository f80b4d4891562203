"""Where a ground or a seat comes from, in the training pages of the admin."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

from common.admin.display import link
from enrolments.grounds.models import Ground


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

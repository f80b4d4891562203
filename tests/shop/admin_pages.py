"""Addresses and texts of the merchant's pages."""

import re
from html import unescape
from typing import Any

from django.urls import reverse

from shop.orders.lines.models import OrderLine
from shop.orders.models import Order


def order_url(order: Order, action: str = "change") -> str:
    return reverse(f"admin:shop_order_{action}", args=[order.pk])


def line_url(line: OrderLine, action: str) -> str:
    return reverse(f"admin:shop_order_{action}", args=[line.order_id, line.pk])


def text_of(response: Any) -> str:
    """Return the text of a page as a reader sees it: without tags, scripts and superfluous blanks."""
    html = re.sub(r"<(script|style)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    text = unescape(re.sub(r"<[^>]+>", " ", html)).replace("\u202f", " ").replace("\u00a0", " ")
    return re.sub(r"\s+", " ", text)


def told(response: Any) -> list[tuple[str, str]]:
    """Return level and text of the messages on the page shown after a redirect."""
    return [
        (message.level_tag, str(message).replace("\u202f", " ").replace("\u00a0", " "))
        for message in response.context["messages"]
    ]

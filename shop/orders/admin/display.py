"""How the shop's admin pages show things: coloured labels, links, dates and money."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from accounts.people.models import User
from common.templatetags.money import money
from shop.orders.models import Order, OrderLine
from shop.payments.models import Payment, PaymentEvent
from shop.payments.registry import get_provider

NOTHING = "–"

ORDER_COLOURS = {
    Order.Status.PLACED: "warning",
    Order.Status.PAID: "info",
    Order.Status.COMPLETED: "success",
    Order.Status.CANCELLED: "default",
    Order.Status.EXPIRED: "default",
    Order.Status.REFUNDED: "primary",
}
LINE_COLOURS = {
    OrderLine.Status.PENDING: "info",
    OrderLine.Status.FULFILLED: "success",
    OrderLine.Status.FAILED: "danger",
    OrderLine.Status.GIVEN_BACK: "default",
}
PAYMENT_COLOURS = {
    Payment.Status.PENDING: "info",
    Payment.Status.SUCCEEDED: "success",
    Payment.Status.DECLINED: "danger",
}
OUTCOME_COLOURS = {
    PaymentEvent.Outcome.SETTLED: "success",
    PaymentEvent.Outcome.KNOWN: "default",
    PaymentEvent.Outcome.DECLINED: "default",
    PaymentEvent.Outcome.MISMATCH: "danger",
    PaymentEvent.Outcome.SECOND_CHARGE: "danger",
    PaymentEvent.Outcome.LATE: "danger",
    PaymentEvent.Outcome.UNKNOWN_ORDER: "danger",
    PaymentEvent.Outcome.RECORDED: "warning",
    PaymentEvent.Outcome.UNKNOWN_PAYMENT: "danger",
}


@dataclass(frozen=True)
class Label:
    """A word on a coloured ground."""

    text: str | Promise
    colour: str = "default"

    def __str__(self) -> str:
        return str(self.text)

    @property
    def html(self) -> SafeString:
        context = {"text": self.text, "type": self.colour, "size": "md"}
        return mark_safe(render_to_string("unfold/helpers/label.html", context))  # noqa: S308  a template escaped it


def choice_label(row: Model, field: str, colours: Mapping[Any, str]) -> SafeString:
    """A row's choice as a label; both in lists and on pages, where unfold's own labels are not drawn."""
    value = getattr(row, field)
    return Label(getattr(row, f"get_{field}_display")(), colours.get(value, "default")).html


def method_label(name: str) -> str:
    """A payment method as customers know it; the bare name of one that is not installed any more."""
    provider = get_provider(name)
    return str(provider.label) if provider else name


def day(at: datetime | None) -> SafeString | str:
    """The date in the shop's zone, with the time where one points at it."""
    if at is None:
        return NOTHING
    local = timezone.localtime(at)
    return format_html('<time title="{}">{}</time>', moment(at), date_format(local, "DATE_FORMAT"))


def moment(at: datetime | None) -> str:
    """Date and time in the shop's zone, as the reader writes them."""
    return date_format(timezone.localtime(at), "DATETIME_FORMAT") if at else NOTHING


def amount(value: Decimal | None, currency: str) -> str:
    return money(value, currency) or NOTHING


def link(name: str, pk: object, text: object) -> SafeString:
    """A link in a list, to a page of the administration."""
    return format_html('<a href="{}" class="amphi-link">{}</a>', reverse(name, args=[pk]), text)


def admin_link(
    viewer: User | AnonymousUser, model: type[Model], pk: int | None, text: object, *, page: str = "change"
) -> SafeString | str:
    """A link to a row's page, or the bare text for somebody who may not see it."""
    url = admin_url(viewer, model, page, pk)
    return format_html('<a href="{}" class="amphi-link">{}</a>', url, text) if url else str(text)


def admin_url(viewer: User | AnonymousUser, model: type[Model], page: str, pk: int | None = None) -> str:
    """The address of a model's list or page in the admin; "" when there is none, or none for this viewer."""
    options = model._meta
    may_see = any(viewer.has_perm(f"{options.app_label}.{right}_{options.model_name}") for right in ("view", "change"))
    if not may_see or (page == "change" and pk is None):
        return ""
    try:
        return reverse(f"admin:{options.app_label}_{options.model_name}_{page}", args=[] if pk is None else [pk])
    except NoReverseMatch:
        return ""


@dataclass(frozen=True)
class Column:
    """A column's heading; amounts stand to the right."""

    label: str
    is_amount: bool = False


@dataclass(frozen=True)
class Table:
    """Rows as `common/admin/table.html` shows them. A cell that is no SafeString is escaped there."""

    columns: tuple[Column, ...]
    rows: list[list[object]]
    empty: str = ""

    def cells(self) -> list[list[tuple[Column, object]]]:
        return [list(zip(self.columns, row, strict=True)) for row in self.rows]


def columns(*labels: str | Column) -> tuple[Column, ...]:
    return tuple(label if isinstance(label, Column) else Column(label) for label in labels)

"""Parts of the admin's pages: coloured labels, links, dates, money, people and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from django.contrib.auth.models import AnonymousUser, PermissionsMixin
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from common.moments import in_shop_zone
from common.templatetags.money import money
from common.words import moment_in_words

NOTHING = "–"
Viewer = PermissionsMixin | AnonymousUser


class Named(Protocol):
    """A person with the name and address that they wrote; the name may be missing."""

    first_name: Any
    last_name: Any
    email: Any


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
        drawn = render_to_string("unfold/helpers/label.html", context)
        # The template's own line breaks would be kept where a cell keeps those of its text.
        return mark_safe(" ".join(drawn.split()))  # noqa: S308  a template escaped it


def choice(row: Model, field: str, colours: Mapping[Any, str]) -> Label:
    """Return the label of a row's choice, in the colour of its value."""
    text = getattr(row, f"get_{field}_display")()
    return Label(text, colours.get(getattr(row, field), "default")) if text else Label(NOTHING)


def choice_label(row: Model, field: str, colours: Mapping[Any, str]) -> SafeString:
    """Draw a row's choice as a coloured label, in lists and on pages, where unfold's own labels are not drawn."""
    return choice(row, field, colours).html


def day(at: datetime | None) -> SafeString | str:
    """Write the date in the shop's zone; its time is shown on pointing at the date."""
    if at is None:
        return NOTHING
    return format_html('<time title="{}">{}</time>', moment(at), date_format(in_shop_zone(at), "DATE_FORMAT"))


def moment(at: datetime | None) -> str:
    """Write date and time in the shop's zone."""
    return moment_in_words(at) if at else NOTHING


def amount(value: Decimal | None, currency: str) -> str:
    return money(value, currency) or NOTHING


def anchor(url: str, text: object) -> SafeString:
    """Write a link to a page of the administration."""
    return format_html('<a href="{}" class="amphi-link">{}</a>', url, text)


def link(model: str, pk: int | None, text: object) -> SafeString | str:
    """Write a link to a row's page (`app_model`), or the text alone where that page is not installed."""
    if pk is None:
        return NOTHING
    try:
        return anchor(reverse(f"admin:{model}_change", args=[pk]), text)
    except NoReverseMatch:
        return str(text)


def admin_link(
    viewer: Viewer, model: type[Model], pk: int | None, text: object, *, page: str = "change"
) -> SafeString | str:
    """Write a link to a row's page, or the bare text for a viewer who may not see the page."""
    url = admin_url(viewer, model, page, pk)
    return anchor(url, text) if url else str(text)


def admin_url(viewer: Viewer, model: type[Model], page: str, pk: int | None = None) -> str:
    """Return the address of a model's list or page in the admin; "" when there is none, or none for this viewer."""
    options = model._meta
    may_see = any(viewer.has_perm(f"{options.app_label}.{right}_{options.model_name}") for right in ("view", "change"))
    if not may_see or (page == "change" and pk is None):
        return ""
    try:
        return reverse(f"admin:{options.app_label}_{options.model_name}_{page}", args=[] if pk is None else [pk])
    except NoReverseMatch:
        return ""


def two_lines(text: object, below: object) -> SafeString:
    """Write a cell of a list with a second, quieter line."""
    return format_html('<div class="amphi-two">{}<span class="amphi-quiet">{}</span></div>', text, below)


def person_in_two_lines(person: Named | None) -> SafeString | str:
    """Write name and address of a person, for a list."""
    if person is None:
        return NOTHING
    name = f"{person.first_name} {person.last_name}".strip()
    return two_lines(name, person.email) if name else str(person.email)


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

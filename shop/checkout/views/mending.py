"""Sentences about what keeps an order from being placed: they name the field and lead to it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from shop.cart.pricing import PricedLine
from shop.cart.units import UnitError


def linked(sentence: str | Promise, url: str, label: str | Promise) -> str:
    """Return a sentence after a link to the page where to mend it."""
    return format_html('<a href="{}">{}</a>{} {}', url, label, pgettext("after a label", ":"), sentence)


def first_unit_error(lines: Sequence[PricedLine], errors: Sequence[UnitError]) -> str | None:
    """Return the first error of these lines' micro-forms with its entry, unit and field; None if there is none."""
    by_line = {line.line.pk: line for line in lines}
    error = next((error for error in errors if error.line_id in by_line), None)
    if error is None:
        return None
    line = by_line[error.line_id]
    named = {"name": line.entry_name, "number": error.index + 1, "problem": error.message}
    label = line.units.form(error.index).label_of(error.field)
    if not label:
        return _("%(name)s, unit %(number)d: %(problem)s") % named
    return _("%(name)s, unit %(number)d, %(label)s: %(problem)s") % {**named, "label": label}

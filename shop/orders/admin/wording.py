"""Texts about lines and their history: parameters, answers of micro-forms, events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.second_person.acts import ACTS
from common.admin.display import amount
from common.languages import in_reader_language
from common.moments import from_iso
from common.words import moment_in_words
from handlers.contract import Buyer, Handler, Refusal
from handlers.discovery import SPECIFIC
from handlers.parameter_fields import DaysField, MomentField, RoleField, SwitchField
from shop.orders.answers import choice_in_words
from shop.orders.contexts import handler_of
from shop.orders.history.models import OrderEvent
from shop.orders.lines.models import OrderLine, OrderUnit
from shop.orders.models import Order
from shop.payments.models import PaymentEvent
from shop.payments.registry import method_label


def installed_handler(line: OrderLine) -> Handler | None:
    """Return the handler of a line; None if it has none, or if the handler is not installed or broken."""
    try:
        return handler_of(line)
    except Refusal:
        return None


def handler_in_words(line: OrderLine, handler: Handler | None) -> str:
    """Return the name of the automation that delivers the line."""
    if not line.handler:
        return _("Nothing: there is nothing to deliver")
    if handler is None:
        return _("%(name)s (not installed)") % {"name": line.handler}
    if line.handler == SPECIFIC:
        return _("Specific: %(label)s") % {"label": handler.label}
    return str(handler.label)


def parameters_in_words(line: OrderLine, handler: Handler | None, roles: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return label and value of every parameter set when the line was sold; `roles` are names by code."""
    fields = handler.MerchantForm.base_fields if handler else {}
    return _in_words(fields, line.parameters, roles)


def form_of_units(line: OrderLine, handler: Handler | None, units: Iterable[OrderUnit]) -> type[forms.Form] | None:
    """Return the micro-form that puts the answers of some units into words; None without a handler that can."""
    if handler is None:
        return None
    answers = [unit.answers for unit in units]
    with suppress(Refusal):
        buyer = Buyer(account_id=line.account_id)
        return handler.unit_form(line.parameters, buyer=buyer, answers=answers, now=timezone.now())
    return None


def answer_fields(form: type[forms.Form] | None, answers: Mapping[str, Any]) -> dict[str, str]:
    """Return the names and labels of the questions of a micro-form, including those no longer asked."""
    labels = {name: str(field.label or name) for name, field in form.base_fields.items()} if form else {}
    return labels | {name: name for name in answers if name not in labels}


def answer_in_words(form: type[forms.Form] | None, name: str, value: Any) -> str:
    return value_in_words(form.base_fields.get(name) if form else None, value, {})


def _in_words(
    fields: Mapping[str, forms.Field], values: Mapping[str, Any], roles: Mapping[str, str]
) -> list[tuple[str, str]]:
    names = [name for name in fields if name in values] + [name for name in values if name not in fields]
    said = []
    for name in names:
        field = fields.get(name)
        text = value_in_words(field, values[name], roles)
        if text:
            said.append((str(field.label or name) if field else name, text))
    return said


def value_in_words(field: forms.Field | None, value: Any, roles: Mapping[str, str]) -> str:
    """Return a stored value in the reader's format, "" for nothing."""
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, list):
        return ", ".join(value_in_words(field, part, roles) for part in value)
    if isinstance(field, SwitchField) or isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(field, MomentField):
        return _stored_moment_in_words(str(value))
    if isinstance(field, DaysField) and isinstance(value, int):
        return ngettext("%(days)d day", "%(days)d days", value) % {"days": value}
    if isinstance(field, RoleField):
        return roles.get(str(value), str(value))
    if isinstance(field, forms.ChoiceField):
        return choice_in_words(field, value)
    return str(value)


def _stored_moment_in_words(stored: str) -> str:
    """Format a stored date, or a moment with its time; return a value that cannot be read as it is."""
    known = from_iso(stored)
    if isinstance(known, datetime):
        return moment_in_words(known) if known.tzinfo else stored
    return date_format(known, "DATE_FORMAT") if known else stored


def entered_in_words(order: Order) -> str | None:
    """Return who entered the order for the customer, and how the customer accepted; None if the customer placed it."""
    phone_order = getattr(order, "phone_order", None)
    if phone_order is None:
        return None
    names = {"name": phone_order.entered_by.get_full_name() or phone_order.entered_by.email}
    if phone_order.noted_by is None:
        return _("by %(name)s; the customer accepted by the mailed link") % names
    names |= {
        "other": phone_order.noted_by.get_full_name() or phone_order.noted_by.email,
        "day": date_format(phone_order.accepted_on, "DATE_FORMAT"),
        "how": phone_order.how,
    }
    return _("by %(name)s; accepted on %(day)s, as %(other)s noted: %(how)s") % names


def event_in_words(
    event: OrderEvent, order: Order, lines: Mapping[int, OrderLine], names: Mapping[int, str] | None = None
) -> str:
    """Return the details of an event beyond its name: line, units, method, reason … `names` are those of people named
    by their keys."""
    detail = event.detail or {}
    said = []
    if "line" in detail:
        line = lines.get(detail["line"])
        said.append(_("Line %(number)d: %(name)s") % {"number": detail["line"] + 1, "name": line.name if line else ""})
    if "units" in detail:
        told = {"units": detail["units"], "amount": amount(Decimal(detail["worth"]), order.currency)}
        said.append(_("Units %(units)s, worth %(amount)s") % told)
    elif "worth" in detail:
        said.append(amount(Decimal(detail["worth"]), order.currency))
    if "asked_by" in detail:
        act = ACTS.find(detail.get("act", ""))
        first = (names or {}).get(detail["asked_by"], "")
        said.append(_("%(act)s: asked for by %(name)s") % {"act": act.label if act else "", "name": first})
    if "on" in detail:
        said.append(_stored_moment_in_words(detail["on"]))
    for key in ("method", "provider"):
        if key in detail:
            said.append(method_label(str(detail[key])))
    if "kind" in detail:
        said.append(str(dict(PaymentEvent.Kind.choices).get(detail["kind"], detail["kind"])))
    if "outcome" in detail:
        said.append(str(dict(PaymentEvent.Outcome.choices).get(detail["outcome"], detail["outcome"])))
    if "account" in detail:
        said.append(
            _("Moved into the customer account %(name)s") % {"name": order.account}
            if detail["account"] == order.account_id
            else _("Moved into another customer account")
        )
    if "operator" in detail and order.operator is not None and detail["operator"] == order.operator_id:
        said.append(_("The operator is now %(name)s") % {"name": order.operator.get_full_name()})
    for name, (before, after) in detail.get("changes", {}).items():
        field = next(each for each in Order._meta.fields if each.name == name)
        label = capfirst(str(field.verbose_name))
        said.append(_("%(label)s: “%(before)s” → “%(after)s”") % {"label": label, "before": before, "after": after})
    if detail.get("by") == "customer" and event.actor_id is None:
        said.append(_("by a visitor with the order’s link"))
    if "documents" in detail:
        wrong, credit_note, new = detail["documents"]
        numbers = {"wrong": wrong, "credit_note": credit_note, "new": new}
        said.append(_("%(wrong)s is taken back by %(credit_note)s and replaced by %(new)s") % numbers)
    reason = detail.get("reason")
    if reason:
        said.append(in_reader_language(reason) if isinstance(reason, dict) else str(reason))
    return "\n".join(said)

"""Lines of orders without a shop, and the shop's part in running a handler's hooks for them."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from enrolments.courses.services import lock_named_courses
from handlers.contract import DraftLine, Feedback, Handler, LineContext, Revocation, RevokeReason, UnitContext, Units
from handlers.guard import bare
from handlers.registry import get_handler
from handlers.testing.world import join, make_account

_ids = itertools.count(70_000)

ENTRY_NAME = {"en": "An entry", "fr": "Un article"}


def parameters(handler: Handler | str, **typed: Any) -> dict[str, Any]:
    """Return the parameters that an entry stores when the merchant types these and leaves the others alone."""
    handler = _handler(handler)
    form = handler.MerchantForm(
        {name: value for name, value in handler.MerchantForm.default_parameters().items() if value is not None} | typed
    )
    assert form.is_valid(), form.errors
    return form.to_parameters()


def units(*answers: dict[str, Any], blank: int = 0, fields: dict[str, Any] | None = None) -> Units:
    """Make units with these answers, then ``blank`` ones without.

    ``fields`` are the answers of each unit to the entry's own fields.
    """
    typed = [*answers, *[{}] * (blank if fields else 0)]
    return Units.first(
        len(answers) + blank, (UnitContext(index, each, dict(fields or {})) for index, each in enumerate(typed))
    )


def line_context(
    handler: Handler | str,
    *,
    account: CustomerAccount,
    operator: User | None,
    units: Sequence[UnitContext],
    typed: dict[str, Any] | None = None,
    now: datetime.datetime | None = None,
    **others: Any,
) -> LineContext:
    """Make a line that is not paid yet, of an order of its own unless ``order_id`` says otherwise."""
    order_id = others.pop("order_id", None) or next(_ids)
    values: dict[str, Any] = {
        "order_id": order_id,
        "order_number": f"A-{order_id}",
        "line_id": next(_ids),
        "account": account,
        "buyer": operator,
        "contact_email": operator.email if operator else "visitor@example.org",
        "operator": operator,
        "language": "en",
        "entry_code": "ENTRY",
        "entry_name": ENTRY_NAME,
        "quantity": len(units),
        "parameters": parameters(handler, **(typed or {})),
        "units": units,
        "paid_at": None,
        "now": now or timezone.now(),
    }
    return LineContext(**(values | others))


def visitor_line(handler: Handler | str, *, email: str = "visitor@example.org", **others: Any) -> LineContext:
    """Make a line of an order that nobody has claimed."""
    account = others.pop("account", None) or make_account()
    return line_context(handler, account=account, operator=None, contact_email=email, **others)


def draft(line: LineContext, index: int = 0) -> DraftLine:
    return DraftLine(index, line.entry_code, line.parameters, line.units)


def place(handler: Handler | str, line: LineContext) -> Feedback:
    """Check out, as the shop does it."""
    handler = _handler(handler)
    with transaction.atomic():
        return handler.pre_payment(_with_courses(handler, line))


def deliver(handler: Handler | str, line: LineContext) -> Feedback:
    """Deliver the paid line, as the shop does it."""
    handler = _handler(handler)
    line = replace(line, paid_at=line.paid_at or line.now)
    with transaction.atomic():
        line = _with_courses(handler, line)
        feedback = handler.post_payment(line)
        if line.operator is not None:
            feedback = feedback | handler.attach_operator(line)
        return feedback


def claim(handler: Handler | str, line: LineContext, *, claimant: User) -> Feedback:
    """Claim a visitor's delivered order for the account it was given at checkout."""
    handler = _handler(handler)
    join(line.account, claimant)
    with transaction.atomic():
        return handler.attach_operator(_with_courses(handler, replace(line, operator=claimant)))


def revoke(
    handler: Handler | str,
    line: LineContext,
    *,
    units: Sequence[UnitContext] | None = None,
    why: RevokeReason = RevokeReason.REFUNDED,
    **others: Any,
) -> Feedback:
    """Take ``units`` back as the merchant, all of them by default; ``others`` are fields of ``Revocation``."""
    handler = _handler(handler)
    with transaction.atomic():
        line = _with_courses(handler, line)
        return handler.revoke(line, line.units if units is None else units, Revocation(why, **others))


def _handler(handler: Handler | str) -> Handler:
    return bare(get_handler(handler) if isinstance(handler, str) else handler)


def _with_courses(handler: Handler, line: LineContext) -> LineContext:
    of_units = handler.courses_of_units(line.parameters, line.units)
    return replace(line, courses=lock_named_courses([*handler.courses_to_lock(line.parameters), *of_units]))

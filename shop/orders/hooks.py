"""Runs of handlers' hooks for the lines of an order, and their feedback."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from enrolments.courses.places.services import release_hold
from enrolments.courses.services import lock_named_courses
from handlers.contract import Feedback, HandlerMissing, LineContext, Refusal, Revocation, RevokeReason
from shop.orders.contexts import handler_of
from shop.orders.models import LineFeedback, OrderLine
from shop.orders.operator import with_standing_operator


def lock_courses_of(lines: Iterable[OrderLine], contexts: dict[int, LineContext]) -> dict[int, LineContext]:
    """Lock every course that a hook of these lines may touch, by key; return their contexts with those courses.

    Courses that do not exist (yet) are left out.
    """
    names: dict[int, list[str]] = {line_id: [] for line_id in contexts}
    for line in lines:
        with suppress(HandlerMissing):
            handler = handler_of(line)
            if handler is not None:
                names[line.pk] += handler.courses_to_lock(contexts[line.pk].parameters)
    locked = lock_named_courses(name for asked in names.values() for name in asked)
    return {
        line_id: replace(context, courses={name: locked[name] for name in names[line_id] if name in locked})
        for line_id, context in contexts.items()
    }


def keep_feedback(line: OrderLine, hook: str, feedback: Feedback, *, now: datetime) -> LineFeedback | None:
    """Store the feedback of a hook, in every language. Return None, and write no row, if it is empty."""
    said = feedback.in_every_language()
    if not any(text for audience in said.values() for text in audience.values()):
        return None
    return LineFeedback.objects.create(line=line, hook=hook, at=now, **said)


def undo_pre_payment(lines: Iterable[OrderLine], contexts: dict[int, LineContext], *, now: datetime) -> None:
    """Free the holds of the lines of an order that ends unpaid. The caller has locked the order.

    The holds of a line are released even if its handler is gone or refuses, so that no place is held for ever.
    """
    lines = list(lines)
    contexts = with_standing_operator(lock_courses_of(lines, contexts))
    for line in lines:
        context = contexts[line.pk]
        try:
            with transaction.atomic():
                handler = handler_of(line)
                if handler is not None:
                    feedback = handler.revoke(context, context.units, Revocation(RevokeReason.UNPAID))
                    keep_feedback(line, LineFeedback.Hook.REVOKE, feedback, now=now)
        except Refusal:
            release_hold(line_id=line.pk, now=now)

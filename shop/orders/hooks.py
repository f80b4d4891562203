"""Running handlers' hooks for the lines of an order, and keeping what they say."""

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
    """Locks every course that a hook of these lines may touch, by key; returns their contexts with those courses.

    Courses unknown by now are left out.
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
    """Stores what a hook said, in every language; silence leaves no row."""
    said = feedback.in_every_language()
    if not any(text for audience in said.values() for text in audience.values()):
        return None
    return LineFeedback.objects.create(line=line, hook=hook, at=now, **said)


def undo_pre_payment(lines: Iterable[OrderLine], contexts: dict[int, LineContext], *, now: datetime) -> None:
    """Frees what the lines of an order that ends unpaid have held. The order is locked by the caller.

    A line whose handler is gone, or refuses, keeps no place for ever: its holds are released all the same.
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

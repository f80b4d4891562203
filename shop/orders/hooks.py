"""Runs of handlers' hooks for the lines of an order, and their feedback."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.refusals import Refused
from common.words import Text, paragraphs
from enrolments.courses.places.services import release_hold
from enrolments.courses.services import lock_named_courses
from handlers.contract import Feedback, HandlerMissing, LineContext, Refusal, Revocation, RevokeReason
from handlers.faults import Fault, HookBroken
from handlers.giving_back import take_back_without_script
from handlers.registry import problem_with
from shop.orders.contexts import handler_of
from shop.orders.lines.models import LineFeedback, OrderLine
from shop.orders.operator import with_standing_operator


class LineFault(HookBroken):
    """Refusal because the handler of `line` cannot tell its courses."""

    def __init__(self, line: OrderLine, fault: Fault, message: Text) -> None:
        super().__init__(fault, message)
        self.line = line


class ScriptBroken(Refused):
    """Refusal to go on without the script of a line: it is broken or gone, and nobody has said yes to that yet."""

    def __init__(self, line: OrderLine, refusal: Refusal) -> None:
        super().__init__(paragraphs(fault_of(line, refusal), GO_ON_WITHOUT))
        self.line = line


GO_ON_WITHOUT = _(
    "Nothing has changed. Mend the extension first, or say below that it is to be done without its script: places and "
    "seats are freed all the same, and what the script did elsewhere is left for you to undo."
)
WITHOUT_SCRIPT = _(
    "Done without the script of the extension, which is broken or not installed: places and seats are free again. "
    "Undo by hand what the script did elsewhere."
)


def fault_of(line: OrderLine, refusal: Refusal) -> Text:
    """Return what is wrong with the extension of a line, for the merchant."""
    if isinstance(refusal, HookBroken):
        return refusal.fault.message
    problem = problem_with(line.handler, line.entry_code)
    return paragraphs(refusal.message, problem.message if problem else "")


def lock_courses_of(
    lines: Iterable[OrderLine], contexts: dict[int, LineContext], *, without_broken: bool = False
) -> dict[int, LineContext]:
    """Lock every course that a hook of these lines may touch, by key; return their contexts with those courses.

    Courses that do not exist (yet) are left out. Raises LineFault for a line whose courses its handler cannot tell;
    `without_broken` counts it as a line without courses.
    """
    names: dict[int, list[str]] = {line_id: [] for line_id in contexts}
    for line in lines:
        try:
            handler = handler_of(line)
            if handler is not None:
                context = contexts[line.pk]
                names[line.pk] += handler.courses_to_lock(context.parameters)
                names[line.pk] += handler.courses_of_units(context.parameters, context.units)
        except HookBroken as broken:
            if not without_broken:
                raise LineFault(line, broken.fault, broken.message) from broken
        except HandlerMissing:
            pass  # told where the hook is called
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


def undo_pre_payment(
    lines: Iterable[OrderLine], contexts: dict[int, LineContext], *, now: datetime, needs_scripts: bool
) -> None:
    """Free the holds of the lines of an order that ends unpaid. The caller has locked the order.

    The holds of a line are released even if its handler is broken, gone or refuses, so that no place is held for ever.
    With `needs_scripts` a handler that is broken or gone raises ScriptBroken instead.
    """
    lines = list(lines)
    contexts = with_standing_operator(lock_courses_of(lines, contexts, without_broken=True))
    unpaid = Revocation(RevokeReason.UNPAID)
    for line in lines:
        context = contexts[line.pk]
        try:
            with transaction.atomic():
                handler = handler_of(line)
                if handler is not None:
                    feedback = handler.revoke(context, context.units, unpaid)
                    keep_feedback(line, LineFeedback.Hook.REVOKE, feedback, now=now)
        except (HookBroken, HandlerMissing) as broken:
            if needs_scripts:
                raise ScriptBroken(line, broken) from broken
            take_back_without_script(context, context.units, unpaid)
            keep_feedback(line, LineFeedback.Hook.REVOKE, Feedback(sales=WITHOUT_SCRIPT), now=now)
        except Refusal:
            release_hold(line_id=line.pk, now=now)

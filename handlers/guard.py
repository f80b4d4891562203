"""The one way in which the shop calls a hook.

The registry hands out guarded handlers only. A guarded hook raises what its contract allows, or ``HookBroken``; it
answers what its contract allows; and whatever it did to the database is undone when it breaks, so that the caller's
transaction goes on. Troubles of the database itself (a lost connection, a deadlock) are passed on: callers try again.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from functools import cached_property
from types import new_class
from typing import Any, ClassVar, TypeVar

import psycopg2
import psycopg2.extensions
from django import forms
from django.db import InternalError, connection, transaction
from django.utils.functional import Promise

from common.afterwards import write_afterwards
from common.database_errors import is_database_away, is_deadlock, is_lock_timeout
from common.refusals import Refused
from common.words import Text, in_words
from enrolments.values import Terms
from handlers.contract import (
    DraftLine,
    EntryToCheck,
    Fact,
    Feedback,
    Finding,
    Handler,
    Level,
    LineContext,
    ParametersForm,
    Refusal,
    Revocation,
    Sold,
    Temporary,
    UnitContext,
    UnitError,
    UnitErrors,
    answers_to_store,
)
from handlers.errors import HandlerMissing
from handlers.faults import CANNOT_BE_HAD, FAULT_AFTER_PAYMENT, Extension, Fault, HookBroken
from handlers.models import BrokenHook
from handlers.units import Units

logger = logging.getLogger(__name__)

R = TypeVar("R")
NAMES_AT_MOST = 1_000
NAME_AT_MOST = 255


class GuardedHandler:
    """Handler whose hooks are guarded; everything else is that of ``bare``."""

    def __init__(self, bare: Handler, *, specific: bool = False) -> None:
        self.bare = bare
        self.extension = Extension.of(bare, name=bare.name, specific=specific)

    def __getattr__(self, name: str) -> Any:
        if name == "bare":  # while an instance is being copied
            raise AttributeError(name)
        return getattr(self.bare, name)

    def __str__(self) -> str:
        return self.extension.name

    # Texts and forms

    @property
    def label(self) -> Text:
        return self._text("label", self.bare.name)

    @property
    def summary(self) -> Text:
        return self._text("summary", "")

    @property
    def why_not_offered(self) -> Text:
        return self._text("why_not_offered", str(Handler.why_not_offered))

    @cached_property
    def MerchantForm(self) -> type[ParametersForm]:
        return self._form(self.bare.MerchantForm, _GuardedParametersForm, "MerchantForm")

    @cached_property
    def UnitForm(self) -> type[forms.Form] | None:
        return self._form(self.bare.UnitForm, _GuardedForm, "UnitForm") if self.bare.UnitForm else None

    # Hooks

    def check(self, entry: EntryToCheck) -> list[Finding]:
        return list(self.call("check", lambda: self.bare.check(entry), _are_findings))

    def is_offered_to(self, params: Mapping[str, Any], user: Any, *, now: Any) -> bool:
        run = lambda: self.bare.is_offered_to(params, user, now=now)  # noqa: E731
        return self.call("is_offered_to", run, lambda answer: isinstance(answer, bool))

    def unit_form(self, params: Mapping[str, Any], **about: Any) -> type[forms.Form] | None:
        if type(self.bare).unit_form is Handler.unit_form:
            return self.UnitForm
        plain = self.bare.UnitForm or forms.Form
        made = self.call(
            "unit_form",
            lambda: self.bare.unit_form(params, **about),
            lambda answer: isinstance(answer, type) and issubclass(answer, plain),
        )
        return self._form(made, _GuardedForm, "UnitForm") if made is not None else None

    def units_made(self, params: Mapping[str, Any]) -> int:
        return self.call("units_made", lambda: self.bare.units_made(params), lambda answer: _is_number(answer) >= 1)

    def charged_units(self, params: Mapping[str, Any], units: Sequence[UnitContext]) -> int:
        run = lambda: self.bare.charged_units(params, units)  # noqa: E731
        return self.call("charged_units", run, lambda answer: min(1, len(units)) <= _is_number(answer) <= len(units))

    def courses(self, params: Mapping[str, Any]) -> Collection[str]:
        return self.call("courses", lambda: self.bare.courses(params), _are_names)

    def sold(self, params: Mapping[str, Any]) -> Sold:
        return self.call("sold", lambda: self.bare.sold(params), _is_sold)

    def courses_to_lock(self, params: Mapping[str, Any]) -> Collection[str]:
        return self.call("courses_to_lock", lambda: self.bare.courses_to_lock(params), _are_names)

    def courses_of_units(self, params: Mapping[str, Any], units: Sequence[UnitContext]) -> Collection[str]:
        return self.call("courses_of_units", lambda: self.bare.courses_of_units(params, units), _are_names)

    def clean_units(self, lines: Sequence[DraftLine]) -> None:
        units = {line.index: Units.of(line.units) for line in lines}

        def run() -> object:
            handler: Any = self.bare  # whose answer may be of any kind
            try:
                return handler.clean_units(lines)
            except UnitErrors as wrong:
                return wrong if _are_errors(wrong.errors, units) else [repr(error) for error in wrong.errors]

        answer = self.call("clean_units", run, lambda answer: answer is None or isinstance(answer, UnitErrors))
        if isinstance(answer, UnitErrors):
            raise answer

    def pre_payment(self, line: LineContext) -> Feedback:
        return self._work("pre_payment", line, lambda: self.bare.pre_payment(line))

    def retake(self, line: LineContext) -> Feedback:
        return self._work("retake", line, lambda: self.bare.retake(line))

    def post_payment(self, line: LineContext) -> Feedback:
        return self._work("post_payment", line, lambda: self.bare.post_payment(line), Temporary)

    def attach_operator(self, line: LineContext) -> Feedback:
        return self._work("attach_operator", line, lambda: self.bare.attach_operator(line), Temporary)

    def revoke(self, line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> Feedback:
        return self._work("revoke", line, lambda: self.bare.revoke(line, units, reason))

    def upgrade(self, params: Mapping[str, Any], from_version: int) -> dict[str, Any]:
        return self.call("upgrade", lambda: self.bare.upgrade(params, from_version), _is_json)

    # The guard

    def call(
        self,
        hook: str,
        run: Callable[[], R],
        is_right: Callable[[R], bool] = lambda _answer: True,
        *,
        passes: tuple[type[Exception], ...] = (),
        undoes: bool = True,
        message: Text = CANNOT_BE_HAD,
    ) -> R:
        """Run a hook; return its answer if that ``is_right``. Raises ``HookBroken``, and what ``passes``.

        Without ``undoes`` the caller rolls back what a broken hook did.
        """
        try:
            with _undone_if_broken() if undoes and connection.in_atomic_block else nullcontext():
                answer = run()
                if _is_aborted():
                    raise InternalError("The hook went on after an error of the database, which undid its work.")
                if not is_right(answer):
                    raise _WrongAnswer(answer)
        except HookBroken:
            raise
        except _WrongAnswer as wrong:
            raise self._broken(self.extension.answered(hook, self._source(hook), wrong.answer), None, message) from None
        except (Exception, SystemExit) as error:
            if is_deadlock(error) or is_lock_timeout(error):
                raise
            if is_database_away(error) and isinstance(error.__cause__, psycopg2.Error):
                raise
            if isinstance(error, passes):
                raise
            raise self._broken(self.extension.raised(hook, error, self._source(hook)), error, message) from error
        return answer

    def _work(self, hook: str, line: LineContext, run: Callable[[], Feedback], *passes: type[Exception]) -> Feedback:
        message = CANNOT_BE_HAD if line.paid_at is None else FAULT_AFTER_PAYMENT
        try:
            return self.call(hook, run, _is_feedback, passes=(Refused, *passes), message=message, undoes=False)
        except HookBroken:
            raise
        except Refused as refused:
            # A floor below refuses in the same words; the message may be broken, too.
            said = refused.message
            self.call(hook, lambda: said, _is_said, message=message)
            if isinstance(refused, Refusal):
                raise
            raise Refusal(refused.message, field=refused.field) from refused

    def _source(self, hook: str) -> object:
        return getattr(type(self.bare), hook, None) or self.bare

    def _broken(self, fault: Fault, error: BaseException | None, message: Text) -> HookBroken:
        note(fault, error)
        return HookBroken(fault, message)

    def _text(self, name: str, otherwise: str) -> Text:
        def say() -> str:
            try:
                return str(self.call(name, lambda: str(getattr(self.bare, name))))
            except HookBroken:
                return otherwise

        text = getattr(self.bare, name)
        return text if isinstance(text, str) else in_words(say)

    def _form(self, form_class: type[Any], guard: type[Any], hook: str) -> type[Any]:
        own = {"guard": self, "hook": hook, "__module__": form_class.__module__, "__doc__": form_class.__doc__}
        return new_class(form_class.__name__, (guard, form_class), {}, lambda namespace: namespace.update(own))


class _GuardedForm(forms.Form):
    """A handler's form: breaks as a hook does."""

    guard: ClassVar[GuardedHandler]
    hook: ClassVar[str]
    # A template that asks whether there is a form makes none.
    do_not_call_in_templates = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        make = super().__init__
        self.guard.call(self.hook, lambda: make(*args, **kwargs))

    def full_clean(self) -> None:
        self.guard.call(self.hook, super().full_clean)

    def answers_to_store(self) -> dict[str, Any]:
        """Return the cleaned answers as an order keeps them."""
        return self.guard.call(self.hook, lambda: answers_to_store(self.cleaned_data))


class _GuardedParametersForm(_GuardedForm, ParametersForm):
    def to_parameters(self) -> dict[str, Any]:
        return self.guard.call(self.hook, super().to_parameters, _is_json)

    @classmethod
    def default_parameters(cls) -> dict[str, Any]:
        return cls.guard.call(cls.hook, super().default_parameters, _is_json)


class _WrongAnswer(Exception):
    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = _shown(answer)


def note(fault: Fault, error: BaseException | None) -> None:
    """Log a fault, and keep it for the merchant even if the transaction is rolled back."""
    logger.error(
        "Hook %s of handler %s is broken (%s, line %s): %s",
        fault.hook,
        fault.handler,
        fault.file,
        fault.line,
        fault.error,
        exc_info=error,
    )
    write_afterwards(fault, lambda: BrokenHook.objects.note(fault))


def bare(handler: Any) -> Handler:
    """Return the handler without its guard; for tests of handlers, which want its own errors."""
    return handler.bare if isinstance(handler, GuardedHandler) else handler


@contextmanager
def _undone_if_broken() -> Iterator[None]:
    """Undo the statements of the block if it raises, by a savepoint that is set only before the first statement.

    So a hook that asks the database nothing costs nothing. For a hook inside a transaction: outside of one there is
    nothing to set.
    """
    with ExitStack() as stack:
        is_set = False

        def run(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
            nonlocal is_set
            if not is_set:
                is_set = True
                stack.enter_context(transaction.atomic())
            return execute(sql, params, many, context)

        with connection.execute_wrapper(run):
            yield


def _is_aborted() -> bool:
    """Tell whether Postgres takes no statement any more in this transaction. No statement."""
    raw = connection.connection
    return raw is not None and raw.get_transaction_status() == psycopg2.extensions.TRANSACTION_STATUS_INERROR


def _is_number(answer: object) -> int:
    """Return a whole number as it is, -1 for anything else."""
    return answer if isinstance(answer, int) and not isinstance(answer, bool) else -1


def _are_names(answer: object) -> bool:
    if not isinstance(answer, Collection) or isinstance(answer, str | bytes) or len(answer) > NAMES_AT_MOST:
        return False
    return all(isinstance(name, str) and len(name) <= NAME_AT_MOST and "\0" not in name for name in answer)


def _is_sold(answer: object) -> bool:
    return (
        isinstance(answer, Sold)
        and isinstance(answer.terms, Terms)
        and _is_number(answer.places_per_unit) >= 0
        and _are_names(answer.courses)
        and all(isinstance(text, str) and "\0" not in text for text in (answer.role, answer.course_list or ""))
        and all(isinstance(fact, Fact) for fact in answer.facts)
    )


def _are_findings(answer: object) -> bool:
    return isinstance(answer, list | tuple) and all(
        isinstance(finding, Finding)
        and isinstance(finding.level, Level)
        and isinstance(finding.field, str)
        and _is_said(finding.message)
        for finding in answer
    )


def _are_errors(errors: object, units: Mapping[int, Units]) -> bool:
    return isinstance(errors, list) and all(
        isinstance(error, UnitError)
        and error.line_index in units
        and _is_number(error.unit_index) in units[error.line_index]
        and isinstance(error.field, str)
        and _is_said(error.message)
        for error in errors
    )


def _is_feedback(answer: object) -> bool:
    if not isinstance(answer, Feedback):
        return False
    texts = (answer.public, answer.customer, answer.sales)
    if not all(isinstance(text, str | Promise) for text in texts):
        return False
    return all(isinstance(said, str) for audience in answer.in_every_language().values() for said in audience.values())


def _is_said(message: object) -> bool:
    return isinstance(message, str | Promise) and bool(str(message).strip())


def _is_json(answer: object) -> bool:
    if not isinstance(answer, dict) or not all(isinstance(key, str) for key in answer):
        return False
    return "\\u0000" not in json.dumps(answer, allow_nan=False)


def _shown(answer: object) -> str:
    """Return an answer for the merchant: its type, and a number or a short text itself."""
    if answer is None or isinstance(answer, bool | int | float):
        return repr(answer)[:50]
    if isinstance(answer, str) and len(answer) <= 50:
        return repr(answer)
    return type(answer).__name__


__all__ = ["GuardedHandler", "HandlerMissing", "HookBroken", "bare"]

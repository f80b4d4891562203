"""Handlers that do little, so that the code around them can be watched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
from django import forms

from accounts.members.models import CustomerAccount
from handlers.contract import Feedback, Handler, LineContext, Refusal, UnitContext
from handlers.registry import temporary
from tests.factories.catalog import EntryFactory


@dataclass
class Diary:
    """Calls of the probe, and the exceptions it shall raise."""

    calls: list[tuple[str, int]] = field(default_factory=list)
    contexts: list[LineContext] = field(default_factory=list)
    raises: dict[str, list[Exception]] = field(default_factory=dict)

    def note(self, hook: str, line: LineContext) -> None:
        self.calls.append((hook, line.line_id))
        self.contexts.append(line)
        waiting = self.raises.get(hook)
        if waiting:
            raise waiting.pop(0)

    def hooks(self) -> list[str]:
        return [hook for hook, _line in self.calls]


class NameForm(forms.Form):
    name = forms.CharField(max_length=40)


class Probe(Handler):
    """Handler that notes each call and leaves a customer account behind, so that a rollback can be seen."""

    name = "std_probe"
    label = "Probe"
    diary: ClassVar[Diary]

    def pre_payment(self, line: LineContext) -> Feedback:
        self._leave_trace("pre", line)
        return Feedback(public="held")

    def post_payment(self, line: LineContext) -> Feedback:
        self._leave_trace("post", line)
        return Feedback(public="done", customer="done for you", sales="done for them")

    def attach_operator(self, line: LineContext) -> Feedback:
        self._leave_trace("operator", line)
        return Feedback()

    def revoke(self, line: LineContext, units: tuple[UnitContext, ...], reason: object) -> Feedback:  # type: ignore[override]
        self._leave_trace("revoke", line)
        return Feedback()

    def retake(self, line: LineContext) -> Feedback:
        self._leave_trace("retake", line)
        return Feedback()

    def _leave_trace(self, hook: str, line: LineContext) -> None:
        CustomerAccount.objects.create(name=f"trace:{hook}:{line.line_id}")
        self.diary.note(hook, line)


class FormProbe(Probe):
    name = "std_formprobe"
    UnitForm = NameForm


def traces(hook: str) -> int:
    """Return how often a hook's trace is in the database."""
    return CustomerAccount.objects.filter(name__startswith=f"trace:{hook}:").count()


@pytest.fixture
def diary() -> Iterator[Diary]:
    """Install the probes `std_probe` and `std_formprobe` and return their diary."""
    Probe.diary = Diary()
    with temporary(Probe), temporary(FormProbe):
        yield Probe.diary


@pytest.fixture
def probe_entry(diary: Diary, db: None) -> object:
    return EntryFactory(handler="std_probe")


REFUSED = Refusal("No more chairs.")

"""Internal parameters of ``std_extendenrolperiod``, and the micro-form in which a unit picks its seat or enrolment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrolments.extension.labels import GAINS_NOTHING, NOT_YOURS, in_words, names_of
from enrolments.extension.periods import lengthened
from enrolments.extension.targets import KEY, Target, find_targets, targets_to_offer
from handlers.contract import ParametersForm
from handlers.parameter_fields import DaysField

Group = tuple[str, list[tuple[str, str]]]


class ExtendPeriodForm(ParametersForm):
    extension = DaysField(
        label=gettext_lazy("Days of the extension"),
        required=True,
        help_text=gettext_lazy(
            "Number of days that one unit adds, from the end of the access, or from payment where that is past. The "
            "last day of the course is the limit."
        ),
    )


class Owned:
    """Seats and enrolments of some accounts: those offered, and those that answers refer to. Looked up once."""

    def __init__(
        self, account_ids: Collection[int], answers: Iterable[str], *, days: int, now: datetime, is_choosing: bool
    ) -> None:
        self.account_ids = account_ids
        self.answers = tuple(dict.fromkeys(answers))
        self.days = days
        self.now = now
        self.is_choosing = is_choosing

    @cached_property
    def answered(self) -> dict[str, Target]:
        return find_targets(self.answers, account_ids=self.account_ids) if self.account_ids else {}

    @cached_property
    def groups(self) -> list[Group]:
        """Choices by group: people, then free seats. Those that answers refer to are among them."""
        picked = self.answered
        can_choose = self.is_choosing and self.account_ids
        others = targets_to_offer(self.account_ids, now=self.now, besides=picked.values()) if can_choose else []
        by_key = picked | {target.key: target for target in others}
        names = names_of(by_key.values())
        labels = [(target.seat is None, key, in_words(target, names, self.now)) for key, target in by_key.items()]
        people = [(key, label) for is_person, key, label in labels if is_person]
        seats = [(key, label) for is_person, key, label in labels if not is_person]
        groups = [(_("People"), people), (_("Free seats"), seats)]
        return [(name, choices) for name, choices in groups if choices]

    def choices(self) -> list[Group | tuple[str, str]]:
        return [("", _("Choose …")), *self.groups]

    def gains(self, target: Target) -> bool:
        return lengthened(target.ends_at, target.course, days=self.days, now=self.now) is not None


class TargetField(forms.ChoiceField):
    """Choice of a seat or an enrolment. Without ``owned`` any key is accepted, as for answers stored already."""

    default_error_messages = {"invalid_choice": NOT_YOURS, "nothing_gained": GAINS_NOTHING}

    def __init__(self, owned: Owned | None = None, **options: Any) -> None:
        # A function, since the choices of a form's fields are copied for each unit.
        super().__init__(choices=(lambda: owned.choices()) if owned is not None else (), **options)
        self.owned = owned

    def valid_value(self, value: object) -> bool:
        key = str(value)
        return KEY.fullmatch(key) is not None if self.owned is None else key in self.owned.answered

    def validate(self, value: str) -> None:
        super().validate(value)
        if self.owned is not None and value and not self.owned.gains(self.owned.answered[value]):
            raise ValidationError(self.error_messages["nothing_gained"], code="nothing_gained")


def target_field(owned: Owned | None = None) -> TargetField:
    return TargetField(owned, label=gettext_lazy("To be extended"))


class ExtensionForm(forms.Form):
    """Micro-form of one unit."""

    target = target_field()


def form_for(
    params: Mapping[str, Any],
    account_ids: Collection[int],
    answers: Iterable[Mapping[str, Any]],
    *,
    now: datetime,
    is_choosing: bool,
) -> type[ExtensionForm]:
    """Return the micro-form with the choices of these accounts, which are looked up when they are needed."""
    keys = [key for each in answers if isinstance(key := each.get("target"), str)]
    owned = Owned(account_ids, keys, days=days_of(params), now=now, is_choosing=is_choosing)
    return type("OwnedExtensionForm", (ExtensionForm,), {"target": target_field(owned), "__module__": __name__})


def days_of(params: Mapping[str, Any]) -> int:
    return params.get("extension") or 0

"""Form that gives a person's seats to another person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrolments.seats.forms import PersonForm
from enrolments.seats.models import Seat
from enrolments.seats.moves import state_shown


class SeatsField(forms.MultipleChoiceField):
    """Seats as a page showed them, by key and `state_shown`; one that was moved since passes, for the service to say
    who moved it."""

    def valid_value(self, value: Any) -> bool:
        key, _blank, state = str(value).partition(" ")
        return key.isdecimal() and len(key) <= 18 and bool(state)


class ReplaceForm(PersonForm):
    """Person who gets some seats in place of the one who has them, and why. A single seat needs no box to tick."""

    seats = SeatsField(
        label=gettext_lazy("Seats that change hands"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one seat.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("It is kept in the history of the seat."),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    field_order = ("seats",)

    def __init__(self, data: QueryDict | None = None, *, seats: Sequence[Seat]) -> None:
        shown = [(f"{seat.pk} {state_shown(seat)}", _label(seat)) for seat in seats]
        super().__init__(data, initial={"seats": [value for value, _text in shown]})
        field = self.fields["seats"]
        assert isinstance(field, SeatsField)
        field.choices = shown
        if len(seats) == 1:
            field.widget = field.hidden_widget()

    def chosen(self) -> dict[int, str]:
        """Return the state in which each seat chosen was shown, by key."""
        pairs = (value.split(" ", 1) for value in self.cleaned_data["seats"])
        return {int(key): state for key, state in pairs}


def filled(typed: QueryDict, *, seats: Sequence[Seat], chosen: Sequence[int] | None = None) -> ReplaceForm:
    """Return a form with what was typed, and of the seats as they are now those that were chosen (None: all)."""
    data = typed.copy()
    ticked = [seat for seat in seats if chosen is None or seat.pk in chosen]
    data.setlist("seats", [f"{seat.pk} {state_shown(seat)}" for seat in ticked])
    form = ReplaceForm(data, seats=seats)
    form.full_clean()
    form.errors.pop("seats", None)
    return form


def _label(seat: Seat) -> str:
    course = seat.course.name if seat.course else ""
    return _("%(course)s (seat %(number)s)") % {"course": course, "number": seat.pk}

"""Form by which free seats go into a team and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy

from enrolments.teams.selectors import FreeSeats

SEATS_AT_MOST = 10_000


class TeamSeatsForm(forms.Form):
    """Number of free seats of an entry."""

    entry = forms.ChoiceField(label=pgettext_lazy("of the catalogue", "Entry"))
    number = forms.IntegerField(label=_("Number of seats"), min_value=1, max_value=SEATS_AT_MOST, initial=1)

    def __init__(self, *args: Any, free: Sequence[FreeSeats], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ChoiceField", self.fields["entry"]).choices = [(row.entry_code, _label(row)) for row in free]


def _label(row: FreeSeats) -> str:
    of_none = ngettext("%(number)d free of no team", "%(number)d free of no team", row.of_none)
    return f"{row.entry_name} ({of_none % {'number': row.of_none}})"

"""Filters and search of the account area's lists."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.teams.forms import TeamChoiceField
from accounts.teams.models import Team
from enrolments.seats.models import SeatState
from enrolments.seats.selectors import SeatChoices
from enrolments.seats.waiting import ENDING


class SeatFilterForm(forms.Form):
    """Filter of an account's seats. Unknown values in the address give the whole list."""

    state = forms.ChoiceField(label=pgettext_lazy("of a seat", "State"), required=False)
    entry = forms.ChoiceField(label=pgettext_lazy("of the catalogue", "Entry"), required=False)
    course = forms.TypedChoiceField(label=_("Course"), required=False, empty_value=None)
    team = TeamChoiceField()

    def __init__(self, *args: Any, among: SeatChoices, teams: Collection[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("TeamChoiceField", self.fields["team"]).choose_among(teams)
        if not teams:
            del self.fields["team"]
        cast("forms.ChoiceField", self.fields["state"]).choices = [
            ("", _("All states")),
            *SeatState.choices,
            (ENDING, _("Available, for 30 days at most")),
        ]
        cast("forms.ChoiceField", self.fields["entry"]).choices = [
            ("", _("All entries")),
            *among.entries.items(),
        ]
        courses = {str(course.pk): course for course in among.courses}
        course = cast("forms.TypedChoiceField", self.fields["course"])
        course.choices = [("", _("All courses")), *((key, each.name) for key, each in courses.items())]
        course.coerce = courses.__getitem__

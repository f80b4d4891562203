"""Forms of teams."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.teams.models import MAX_TEAM_NAME_LENGTH, Team
from common.search import normalise

QUOTA_AT_MOST = 1_000_000


class TeamForm(forms.Form):
    """Name and quota of a team; `seen` is the `version_of` the team when the page was opened, blank for a new one."""

    name = forms.CharField(label=_("Name"), max_length=MAX_TEAM_NAME_LENGTH)
    quota = forms.IntegerField(
        label=_("Seats in use at most"),
        required=False,
        min_value=0,
        max_value=QUOTA_AT_MOST,
        help_text=_("Empty for no limit. Seats of sessions count, but are never refused when they were paid for."),
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=200)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not normalise(name):
            raise forms.ValidationError(_("Write a name with letters or digits."))
        return name


class TeamChoiceField(forms.TypedChoiceField):
    """Choice of one of an account's teams; None where none is chosen."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=pgettext_lazy("of an account", "Team"), required=False, empty_value=None, **kwargs)

    def choose_among(self, teams: Collection[Team]) -> None:
        by_key = {str(team.pk): team for team in teams}
        self.choices = [("", _("All teams")), *((key, team.name) for key, team in by_key.items())]
        self.coerce = by_key.__getitem__

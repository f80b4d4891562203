"""Search, filters and order of an account's people."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.teams.forms import TeamChoiceField
from accounts.teams.models import Team
from enrolments.courses.models import Course
from enrolments.people.states import MailState, PersonState


class Order(models.TextChoices):
    """Order of the list. LAST_MAIL has only those whom the account wrote to."""

    NEWEST = "", pgettext_lazy("order of people", "Newest first")
    NAME = "name", pgettext_lazy("order of people", "By name")
    LAST_MAIL = "mail", pgettext_lazy("order of people", "Last mail first")


class PeopleForm(forms.Form):
    """Choice among an account's people; `q` is looked for in names and addresses as they were typed. Unknown values in
    the address give the whole list."""

    q = forms.CharField(label=_("Name or e-mail"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=pgettext_lazy("of a person", "State"),
        required=False,
        choices=[("", _("All states")), *PersonState.choices],
    )
    mail = forms.ChoiceField(
        label=_("Last mail"), required=False, choices=[("", pgettext_lazy("mails", "All")), *MailState.choices]
    )
    course = forms.TypedChoiceField(label=_("Course"), required=False, empty_value=None)
    team = TeamChoiceField()
    sort = forms.ChoiceField(label=pgettext_lazy("of a list", "Order"), required=False, choices=Order.choices)

    def __init__(self, *args: Any, courses: Collection[Course], teams: Collection[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("TeamChoiceField", self.fields["team"]).choose_among(teams)
        if not teams:
            del self.fields["team"]
        by_key = {str(course.pk): course for course in courses}
        course = cast("forms.TypedChoiceField", self.fields["course"])
        course.choices = [("", _("All courses")), *((key, each.name) for key, each in by_key.items())]
        course.coerce = by_key.__getitem__

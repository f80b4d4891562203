"""Choice of what a list of ends shows."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from enrolments.courses.models import Course


class Ends(models.TextChoices):
    """Kind of end that a list is about."""

    ACCESS = "", pgettext_lazy("what ends", "Access to the course")
    QUALIFICATION = "qualification", pgettext_lazy("what ends", "Qualification")


class When(models.TextChoices):
    """Time of the end."""

    COMING = "", pgettext_lazy("when it ends", "From today on")
    MONTH = "30", pgettext_lazy("when it ends", "Within 30 days")
    QUARTER = "90", pgettext_lazy("when it ends", "Within 90 days")
    OVER = "over", pgettext_lazy("when it ends", "Over already")


class EndingsForm(forms.Form):
    """Choice among an account's people. Unknown values in the address give the whole list."""

    what = forms.ChoiceField(label=_("What ends"), required=False, choices=Ends.choices)
    when = forms.ChoiceField(label=pgettext_lazy("it ends", "When"), required=False, choices=When.choices)
    course = forms.TypedChoiceField(label=_("Course"), required=False, empty_value=None)

    def __init__(self, *args: Any, courses: Collection[Course], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_key = {str(course.pk): course for course in courses}
        course = cast("forms.TypedChoiceField", self.fields["course"])
        course.choices = [("", _("All courses")), *((key, each.name) for key, each in by_key.items())]
        course.coerce = by_key.__getitem__

"""Forms of waiting lists: of a visitor, and of an account."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from common.fields import AddressField
from enrolments.courses.models import Course
from enrolments.seats.forms import CourseChoiceField
from enrolments.waiting.models import MOST_PLACES


class AddressForm(forms.Form):
    """Address of a visitor who wants to wait; a code mailed there proves it."""

    email = AddressField(help_text=_("We mail a code there. Type it on the next page: then you are on the list."))


class AccountWaitForm(forms.Form):
    """Full course, and the number of places that an account waits for."""

    course = CourseChoiceField(
        label=_("Course"),
        queryset=Course.objects.none(),
        empty_label=_("Choose a course"),
        error_messages={"invalid_choice": _("This course can no longer be chosen. Choose another one.")},
    )
    places = forms.IntegerField(
        label=_("Number of places"),
        min_value=1,
        max_value=MOST_PLACES,
        initial=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("At most as many as your account has free seats for this course."),
    )

    def __init__(self, *args: Any, courses: QuerySet[Course], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("CourseChoiceField", self.fields["course"]).queryset = courses

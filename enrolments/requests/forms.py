"""Forms of requests for courses: asking, placing, declining."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.functional import lazystr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.members.models import CustomerAccount
from common.fields import LineField
from common.languages import in_reader_language
from common.words import end_in_words
from enrolments.courses.models import Course
from enrolments.requests.models import MAX_WORDS
from enrolments.requests.selectors import Askable, SeatsOffered
from enrolments.seats.batches.models import SeatBatch

SHORT_TEXT = {"rows": 3, "autocomplete": "off"}


class AskForm(forms.Form):
    """Course that a person asks an account for, with a word. A value names account and course."""

    what = forms.ChoiceField(
        label=gettext_lazy("Course"),
        error_messages={
            "required": gettext_lazy("Choose a course."),
            "invalid_choice": gettext_lazy("You cannot ask for this course any more. Choose another one."),
        },
    )
    words = LineField(
        label=gettext_lazy("Your words"),
        help_text=gettext_lazy("For example why you would like to take the course, or when."),
        required=False,
        max_length=MAX_WORDS,
        widget=forms.Textarea(attrs=SHORT_TEXT),
    )

    def __init__(self, *args: Any, askable: Sequence[Askable], chosen: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choices = {
            f"{each.account.pk}:{course.pk}": (each.account, course) for each in askable for course in each.courses
        }
        self.has_courses = bool(self._choices)
        groups: list[Any] = [
            (
                lazystr(each.account.name),
                [(f"{each.account.pk}:{course.pk}", lazystr(course.name)) for course in each.courses],
            )
            for each in askable
        ]
        field = cast("forms.ChoiceField", self.fields["what"])
        of_one_account = groups[0][1] if len(groups) == 1 else groups
        field.choices = [("", gettext_lazy("Choose a course")), *of_one_account]
        named = (key for key, (_account, course) in self._choices.items() if course.short_name == chosen)
        only = next(iter(self._choices)) if len(self._choices) == 1 else ""
        field.initial = next(named, only)

    def chosen(self) -> tuple[CustomerAccount, Course]:
        """Return the account that is asked, and the course."""
        return self._choices[self.cleaned_data["what"]]


class PlaceForm(forms.Form):
    """Order line whose free seat the person gets."""

    batch = forms.TypedChoiceField(
        label=gettext_lazy("Seat"),
        coerce=int,
        widget=forms.RadioSelect,
        error_messages={
            "required": gettext_lazy("Choose a seat."),
            "invalid_choice": gettext_lazy("These seats cannot be used for this course any more. Choose other ones."),
        },
    )

    def __init__(self, *args: Any, offered: Sequence[SeatsOffered], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.TypedChoiceField", self.fields["batch"])
        field.choices = [(each.batch.pk, _seats_in_words(each)) for each in offered]
        if offered:
            field.initial = offered[0].batch.pk


class DeclineForm(forms.Form):
    """Words with which a request is declined."""

    words = LineField(
        label=gettext_lazy("A word for the person"),
        help_text=gettext_lazy("It stands in the mail that tells of your answer."),
        required=False,
        max_length=MAX_WORDS,
        widget=forms.Textarea(attrs=SHORT_TEXT),
    )


def _seats_in_words(offered: SeatsOffered) -> str:
    batch = offered.batch
    parts = [in_reader_language(batch.entry_name)]
    if batch.source == SeatBatch.Source.SESSION:
        parts.append(_("session of order %(number)s") % {"number": batch.order_number})
    else:
        parts.append(_("order %(number)s") % {"number": batch.order_number})
    if offered.until is not None:
        parts.append(_("to be assigned until %(end)s") % {"end": end_in_words(offered.until)})
    return " · ".join(parts)

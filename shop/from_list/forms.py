"""Form of a list with which a cart begins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from common.languages import reader_language
from common.search import in_name_order
from common.sheets.errors import SheetTooLarge
from common.sheets.limits import MAX_BYTES
from common.sheets.reading import read_pasted
from enrolments.courses.models import Course, CourseQuerySet
from enrolments.lists.forms import PeopleTypedForm
from enrolments.lists.reading import read_people
from enrolments.lists.template import as_text
from enrolments.seats.forms import CourseChoiceField
from shop.from_list.sales import Sale

# Lists of courses by which the courses offered are narrowed; the verdict on each row looks at its own list anyway.
LISTS_AT_MOST = 20


class FromListForm(PeopleTypedForm):
    """Entry to buy, and the people for it. People in a file are shown as pasted, so that they can be mended and are
    not sent twice."""

    entry = forms.ChoiceField(label=_("What to buy"))
    course = CourseChoiceField(
        label=_("Course"),
        queryset=Course.objects.none(),
        required=False,
        empty_label=_("As each row of the list says"),
        help_text=_("A session has its own course, whatever you choose here."),
    )
    field_order = ("entry", "course", "people", "file")

    def __init__(self, *args: Any, sales: Mapping[str, Sale], now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sales = sales
        choices = [(code, sale.entry.name) for code, sale in sales.items()]
        cast("forms.ChoiceField", self.fields["entry"]).choices = choices
        packs = {sale.sold.course_list or "" for sale in sales.values() if not sale.asks_people}
        if packs:
            cast("CourseChoiceField", self.fields["course"]).queryset = _courses(packs, now)
        else:
            del self.fields["course"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.rows and cleaned.get("file") is not None:
            text = as_text(self.rows, reader_language())
            if len(text.encode()) > MAX_BYTES:
                self.add_error("file", str(SheetTooLarge()))
                self.rows = []
            else:
                # The lines told are those of the text shown.
                self.rows = read_people(read_pasted(text))
                typed = cast("QueryDict", self.data).copy()
                typed["people"] = text
                self.data = typed
        return cleaned

    @property
    def sale(self) -> Sale:
        return self.sales[self.cleaned_data["entry"]]


def _courses(course_lists: Iterable[str], now: datetime) -> CourseQuerySet:
    """Return the open courses that one of the lists covers, by name."""
    lists = sorted(course_lists)
    courses = Course.objects.open_at(now)
    if len(lists) <= LISTS_AT_MOST:
        covered = Course.objects.none()
        for course_list in lists:
            covered = covered | Course.objects.matching(course_list).open_at(now)
        courses = covered
    return courses.order_by(in_name_order("name"), "pk")

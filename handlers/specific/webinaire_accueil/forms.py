"""Form of the welcome webinar for the merchant: its course, and its hours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from handlers.contract import ParametersForm
from handlers.moments import Edge, read_moment
from handlers.parameter_fields import CourseField, MomentField
from handlers.periods import REVERSED


class WebinarForm(ParametersForm):
    """Internal parameters; ``std_enroloncourse``, whose hooks are used, reads ``coursename`` and ``endtime``."""

    coursename = CourseField(
        label=_("Course of the webinar"),
        required=True,
        help_text=_("Short name of the course whose link leads into the webinar."),
    )
    begins = MomentField(label=_("The webinar begins"), required=True)
    endtime = MomentField(
        label=_("The webinar ends"),
        required=True,
        ends=True,
        help_text=_("Enrolments end then as well. They begin with payment, so that the course can be read before."),
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        begins, ends = self.cleaned_data.get("begins"), self.cleaned_data.get("endtime")
        if begins and ends and ends <= begins:
            self.add_error("endtime", ValidationError(REVERSED, code="reversed"))
        return cleaned


def hours_of(params: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Return start and end of the webinar, from stored parameters."""
    return read_moment(params["begins"], Edge.START), read_moment(params["endtime"], Edge.END)

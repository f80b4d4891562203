"""Period of an enrolment in internal parameters, shared by the handlers that enrol."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from enrolments.values import Terms
from handlers.contract import ParametersForm
from handlers.moments import Edge, read_moment
from handlers.parameter_fields import CountField, DaysField, MomentField

MOST_MONTHS = 600

REVERSED = _("The end lies before the start. Change one of them.")


def terms_of(params: Mapping[str, Any]) -> Terms:
    """Return the period in stored parameters named ``starttime``, ``endtime`` and ``duration``, and for how many months
    people are qualified by it, ``qualification``."""
    return Terms(
        starts_at=_moment(params.get("starttime"), Edge.START),
        ends_at=_moment(params.get("endtime"), Edge.END),
        duration_days=params.get("duration"),
        qualification_months=params.get("qualification"),
    )


def is_reversed(terms: Terms) -> bool:
    """Tell whether start and end are both given and the end does not lie after the start."""
    return terms.starts_at is not None and terms.ends_at is not None and terms.ends_at <= terms.starts_at


def _moment(stored: str | None, edge: Edge) -> datetime | None:
    return read_moment(stored, edge) if stored else None


class PeriodForm(ParametersForm):
    """Form with the three fields of a period, and the validity of what is taught; forms that enrol inherit them."""

    # How an older shop entered people into a course; here enrolments are the shop's own.
    without_effect = frozenset({"enrol", "enrolname"})

    starttime = MomentField(
        label=_("Enrolments start on"),
        help_text=_(
            "Nobody is enrolled before this date, nor before the first day of the course. Empty: from delivery on."
        ),
    )
    endtime = MomentField(
        ends=True,
        label=_("Enrolments end on"),
        help_text=_(
            "Nobody stays enrolled after this date, nor after the last day of the course. A date without a time "
            "means its end, 24:00. Empty: no date."
        ),
    )
    duration = DaysField(
        label=_("Enrolments last"),
        help_text=_("Number of days an enrolment lasts at most, counted from its start. Empty: no limit."),
    )

    qualification = CountField(
        label=_("What is taught is valid for"),
        min_value=1,
        max_value=MOST_MONTHS,
        required=False,
        help_text=_(
            "Number of months, counted from the last day of the course, or from the first entry where it has none. "
            "Customers see whose qualification ends when. Empty: no limit."
        ),
    )

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if is_reversed(Terms(self.cleaned_data.get("starttime"), self.cleaned_data.get("endtime"))):
            self.add_error("endtime", ValidationError(REVERSED, code="reversed"))
        return cleaned

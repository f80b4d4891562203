"""Support course of the operator, alike for every handler that names one."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from enrolments.grounds.support import SupportOutcome, enrol_in_support
from handlers.contract import Feedback, LineContext
from handlers.delivery import course_called, line_ref


def enrol_operator_in_support(line: LineContext, short_name: str) -> Feedback:
    """Enrol the order's operator; a failure is told to the sales team and never stops the delivery."""
    if not short_name or line.operator is None:
        return Feedback()
    outcome = enrol_in_support(
        course=course_called(line, short_name), user=line.operator, line=line_ref(line), now=line.now
    )
    if outcome is not SupportOutcome.ENROLLED:
        return Feedback(sales=outcome.label)
    return Feedback(customer=_("The operator of the order finds help in the support course."))

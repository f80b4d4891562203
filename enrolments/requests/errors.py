"""Refusals of requests for courses."""

from __future__ import annotations

import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.refusals import Refused
from common.words import in_words, moment_in_words
from enrolments.requests.models import CourseRequest


class RequestNotFound(Refused):
    """Refusal when there is no such request for this person or account; whether others have it is never told."""

    message = gettext_lazy("This request does not exist.")


class RequestAnswered(Refused):
    """Refusal when the request was answered or withdrawn meanwhile. Tells by whom and when."""

    def __init__(self, state: str, name: str, at: datetime.datetime | None) -> None:
        super().__init__(in_words(lambda: _answered(state, name, at)))
        self.state = state


class NoSeatLeft(Refused):
    """Refusal when the seats chosen are all taken by now, or cannot be used for this course."""

    message = gettext_lazy("None of these seats is free for this course any more. Choose other ones.")


def _answered(state: str, name: str, at: datetime.datetime | None) -> str:
    values = {"name": name, "moment": moment_in_words(at) if at else "–"}
    if state == CourseRequest.State.WITHDRAWN:
        return _("The person withdrew this request on %(moment)s.") % values
    if state == CourseRequest.State.DECLINED:
        return _("This request was declined on %(moment)s by %(name)s.") % values
    return _("This request was accepted on %(moment)s by %(name)s.") % values

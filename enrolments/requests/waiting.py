"""Requests for courses that wait for an answer, for the overview of an account."""

from __future__ import annotations

import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.members.models import Membership
from accounts.members.parts import Part
from accounts.members.waiting import Waits
from enrolments.requests.models import CourseRequest
from enrolments.requests.selectors import requests_to


def open_requests(membership: Membership, now: datetime.datetime) -> list[Waits]:
    """Tell how many requests wait for an answer. One query."""
    number = requests_to(membership.account, Part.of(membership)).filter(state=CourseRequest.State.OPEN).count()
    if not number:
        return []
    sentence = ngettext(
        "%(number)d request for a course waits for an answer.",
        "%(number)d requests for courses wait for an answer.",
        number,
    )
    url = reverse("account-requests", args=[membership.account_id])
    return [Waits(sentence % {"number": number}, url, _("Answer"))]

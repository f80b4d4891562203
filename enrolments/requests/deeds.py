"""Answers to requests for courses, as the history of an account tells them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.members.history.sources import Asked, Deed
from accounts.members.models import CustomerAccount
from enrolments.people.selectors import typed_names
from enrolments.requests.models import CourseRequest


def answers_to_requests(account: CustomerAccount, asked: Asked) -> Sequence[Deed]:
    """Return requests that were declined, or accepted without a seat; a seat assigned is told by its move. Three
    statements at most."""
    told = Q(state=CourseRequest.State.DECLINED) | Q(state=CourseRequest.State.PLACED, seat__isnull=True)
    rows = CourseRequest.objects.filter(told, account=account).select_related("course")
    if asked.actor_id is not None:
        rows = rows.filter(answered_by=asked.actor_id)
    if asked.at is not None:
        rows = rows.filter(Q(answered_at__lt=asked.at) | Q(answered_at=asked.at, pk__lt=asked.key))
    found = list(rows.order_by("-answered_at", "-pk")[: asked.limit])
    names = typed_names(account, {each.person_id for each in found})
    deeds = []
    for each in found:
        person = names.get(each.person_id)
        sentence = (
            _("Declined the request of %(person)s for “%(course)s”")
            if each.state == CourseRequest.State.DECLINED
            else _("Accepted the request of %(person)s for “%(course)s”, who was enrolled already")
        )
        values = {"person": (person.name or person.email) if person else "–", "course": each.course.name}
        url = reverse("account-request", args=[account.pk, each.pk]) if person else ""
        assert each.answered_at is not None
        deeds.append(Deed(each.answered_at, each.pk, each.answered_by_id, sentence % values, url))
    return deeds

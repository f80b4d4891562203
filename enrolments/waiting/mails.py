"""Mails about waiting lists: to people at the address they proved, to an account's operators."""

from __future__ import annotations

from django.conf import settings
from django.utils import translation

from accounts.people.models import User
from enrolments.requests.mails import who_answers
from enrolments.waiting.models import WaitingPlace
from outbox.mails.services import NewMail, queue_mails


def tell_joined(place: WaitingPlace) -> None:
    """Mail a person that they wait, with the page where they see their turn and leave. In the caller's transaction."""
    _queue("waiting_joined", place)


def tell_offered(place: WaitingPlace) -> None:
    """Mail an offer to a person, or to the account's operators; not sent once it is over. In the caller's
    transaction."""
    _queue("waiting_offered", place)


def tell_lapsed(place: WaitingPlace) -> None:
    """Mail that an offer was not taken in time, and that nothing is waited for any more. In the caller's
    transaction."""
    _queue("waiting_lapsed", place)


def _queue(kind: str, place: WaitingPlace) -> None:
    people: list[User] = []
    if place.person is not None:
        people = [place.person] if place.person.is_active else []
    elif place.account is not None:
        people = who_answers(place.account)
    mails = []
    for user in people:
        language = user.language or place.language or settings.LANGUAGE_CODE
        with translation.override(language):
            context = {
                "place_id": place.pk,
                "course_name": place.course.name,
                "places": place.left,
                "is_account": place.account_id is not None,
                "until": place.offer_ends_at,
            }
        mails.append(
            NewMail(
                kind=kind,
                key=f"{kind}:{place.pk}:{user.pk}",
                recipient=user.email,
                language=language,
                context=context,
                account_id=place.account_id,
                person_id=user.pk,
                expires_at=place.offer_ends_at if place.is_offered else None,
            )
        )
    queue_mails(mails)

"""Erasing a person, as an act that can ask for a second person."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.people.models import User
from accounts.privacy.erase import begin_erasure
from accounts.privacy.models import ErasureRequest
from accounts.second_person.acts import ACTS, Act, Doing, Values
from accounts.second_person.models import Approval
from accounts.second_person.services import do_or_ask

ERASE = "accounts.erase_people"
ERASE_PERSON = "erase_person"


def erase_or_ask(*, request_id: int, actor: User, now: datetime) -> Approval | None:
    """Begin an erasure, or keep that for a second person; return what is kept. Raises what `begin_erasure` does."""
    _result, kept = do_or_ask(
        kind=ERASE_PERSON, about=f"erasure:{request_id}", values={"request": request_id}, actor=actor, now=now
    )
    return kept


def _perform(values: Values, doing: Doing) -> ErasureRequest:
    return begin_erasure(request_id=values["request"], actor=doing.actor, asked_by=doing.asked_by, now=doing.now)


def _asks(_begun: ErasureRequest, _values: Values) -> bool:
    return bool(settings.SECOND_PERSON_ERASURE)


def _told(values: Values) -> list[tuple[str | Promise, str]]:
    asked = ErasureRequest.objects.select_related("person").get(pk=values["request"])
    return [(_("Person"), str(asked.person))]


def _url(values: Values) -> str:
    return reverse("admin:accounts_erasurerequest_change", args=[values["request"]])


def register() -> None:
    act = Act(
        kind=ERASE_PERSON,
        label=gettext_lazy("Erase a person"),
        permission=ERASE,
        perform=_perform,
        asks=_asks,
        told=_told,
        url=_url,
    )
    ACTS.register(ERASE_PERSON, act)

"""A link whose button a visitor pressed: it takes effect when the visitor has signed in as usual."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone

from accounts.links.effects import EFFECTS
from accounts.links.models import AddressLink
from accounts.links.services import LinkGone, NotYourLink, use_link
from accounts.people.models import User
from common.refusals import Refused

SESSION_KEY = "accounts_link"


def remember_link(request: HttpRequest, link: AddressLink) -> None:
    request.session[SESSION_KEY] = link.pk


def take_effect(request: HttpRequest, link_id: int, purpose: str, user: User) -> str:
    """Use a link up for a signed-in user and return the next page. Raises LinkGone, NotYourLink and every Refused of
    the link's effect, which leaves the link as it was."""
    now = timezone.now()
    effect = EFFECTS.get(purpose)
    return use_link(link_id=link_id, user=user, now=now, effect=lambda link: effect(link, user, request, now))


def take_remembered_link(request: HttpRequest, user: User) -> str:
    """Let the remembered link take effect for the user who has just signed in; return the next page. "" when there is
    no link, or the link is refused: the user reads why."""
    link_id = request.session.pop(SESSION_KEY, None)
    link = AddressLink.objects.filter(pk=link_id).first() if link_id else None
    if link is None:
        return ""
    try:
        return take_effect(request, link.pk, link.purpose, user)
    except (NotYourLink, LinkGone) as refused:
        messages.warning(request, str(refused))
    except Refused as refused:
        messages.error(request, str(refused))
    return ""

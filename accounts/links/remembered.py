"""A link whose button was pressed by a visitor: it takes effect when he has signed in as usual."""

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
    """Use a link up for a signed-in user and return the next page. Raises LinkGone, NotYourLink, and what the
    link would do may refuse: any Refused leaves the link as it was."""
    now = timezone.now()
    effect = EFFECTS.get(purpose)
    return use_link(link_id=link_id, user=user, now=now, effect=lambda link: effect(link, user, request, now))


def take_remembered_link(request: HttpRequest, user: User) -> str:
    """Let the remembered link take effect for who has just signed in; "" when there is none, or not for him."""
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

"""Acts of members among themselves, as the history of their account tells them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.members.history.models import MemberEvent
from accounts.members.history.services import DOWNLOADS
from accounts.members.history.sources import Asked, Deed, names_of
from accounts.members.models import CustomerAccount
from accounts.members.rights import roles_in_words

Kind = MemberEvent.Kind


def deeds_of_members(account: CustomerAccount, asked: Asked) -> Sequence[Deed]:
    """Return acts that are written as `MemberEvent`s. Four statements at most."""
    events = MemberEvent.objects.filter(account=account).select_related("link")
    if asked.actor_id is not None:
        events = events.filter(actor=asked.actor_id)
    if asked.at is not None:
        # The first condition follows from the second; the index is searched by it.
        events = events.filter(Q(at__lt=asked.at) | Q(at=asked.at, pk__lt=asked.key), at__lte=asked.at)
    rows = list(events.order_by("-at", "-pk")[: asked.limit])
    names = names_of(account, {event.person_id for event in rows})
    return [_deed(account, event, names) for event in rows]


def _deed(account: CustomerAccount, event: MemberEvent, names: Mapping[int | None, str]) -> Deed:
    url = "" if event.kind == Kind.DOWNLOADED else reverse("account-members", args=[account.pk])
    if event.kind == Kind.DETAILS:
        url = reverse("account-details", args=[account.pk])
    return Deed(event.at, event.pk, event.actor_id, _in_words(event, names), url)


def _in_words(event: MemberEvent, names: Mapping[int | None, str]) -> str:
    values = {
        "email": event.link.email if event.link else "",
        "person": names[event.person_id],
        "roles": roles_in_words(event.detail.get("roles", ())),
        "before": roles_in_words(event.detail.get("before", ())),
    }
    match event.kind:
        case Kind.INVITED if values["email"]:
            return _("Invited %(email)s as: %(roles)s") % values
        case Kind.INVITED:
            return _("Invited a colleague as: %(roles)s") % values
        case Kind.WITHDRAWN if values["email"]:
            return _("Withdrew the invitation of %(email)s") % values
        case Kind.WITHDRAWN:
            return _("Withdrew an invitation")
        case Kind.JOINED:
            return _("%(person)s is a member: %(roles)s") % values
        case Kind.ROLES:
            return _("Changed the roles of %(person)s. Before: %(before)s. Now: %(roles)s") % values
        case Kind.HANDED_OVER:
            return _("Handed the account over to %(person)s") % values
        case Kind.REMOVED:
            return _("Removed %(person)s from the account") % values
        case Kind.LEFT:
            return _("Left the account")
        case Kind.DETAILS:
            return _("Changed the billing details")
    what = DOWNLOADS.find(event.detail.get("what", ""))
    return _("Downloaded: %(what)s") % {"what": what or pgettext("what was downloaded", "a file")}

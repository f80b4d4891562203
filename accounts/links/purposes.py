"""Effects of the links of this floor."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.links.effects import EFFECTS
from accounts.links.models import AddressLink
from accounts.members.current import choose_account
from accounts.members.services import accept_invitation
from accounts.people.models import User


def enter_by_invitation(link: AddressLink, user: User, request: HttpRequest, now: datetime) -> str:
    """Return the welcome page: the proof of the address is all that an invitation is for."""
    return reverse("accounts-welcome")


def join_account(link: AddressLink, user: User, request: HttpRequest, now: datetime) -> str:
    membership = accept_invitation(link=link, user=user, now=now)
    choose_account(request, membership.account)
    messages.success(request, _("You are now a member of %(account)s.") % {"account": membership.account})
    if not user.has_usable_password():
        return reverse("accounts-welcome")
    return reverse("account-overview", args=[membership.account_id])


def register() -> None:
    EFFECTS.register(AddressLink.Purpose.INVITATION, enter_by_invitation)
    EFFECTS.register(AddressLink.Purpose.MEMBERSHIP, join_account)

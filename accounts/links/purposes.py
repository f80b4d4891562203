"""Effects and renewals of the links of this floor."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.links.effects import EFFECTS
from accounts.links.models import AddressLink
from accounts.links.renewal import RENEWALS, renewed
from accounts.members.current import choose_account
from accounts.members.services import accept_invitation, renew_link_of_invitation
from accounts.people.models import User
from accounts.people.selectors import is_address_proved


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


def renew_invitation(link: AddressLink, now: datetime) -> AddressLink | None:
    """Return a new link while the person invited still has that address and has not proved it."""
    user = link.user
    if user is None or not user.is_active or user.email != link.email or is_address_proved(user):
        return None
    return renewed(link, now=now)


def renew_membership(link: AddressLink, now: datetime) -> AddressLink | None:
    """Return a new link while the account's invitation of that address stands."""
    return renew_link_of_invitation(link=link, now=now)


def register() -> None:
    EFFECTS.register(AddressLink.Purpose.INVITATION, enter_by_invitation)
    EFFECTS.register(AddressLink.Purpose.MEMBERSHIP, join_account)
    RENEWALS.register(AddressLink.Purpose.INVITATION, renew_invitation)
    RENEWALS.register(AddressLink.Purpose.MEMBERSHIP, renew_membership)

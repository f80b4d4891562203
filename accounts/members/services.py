"""Members of a customer account and their roles. Every change locks the account."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.links.models import AddressLink
from accounts.links.renewal import renewed
from accounts.links.services import LinkGone, NewLink, create_links
from accounts.members.history.models import MemberEvent
from accounts.members.history.services import note
from accounts.members.lost_rights import end_what_rights_gave, lock_what_rights_gave
from accounts.members.models import CustomerAccount, MemberInvitation, Membership
from accounts.members.rights import RIGHTS_BY_ROLE, ROLES, Right, roles_in_words
from accounts.people.models import User
from accounts.rate_limits.services import find_used_up
from common.again import again_after_deadlock
from common.emails import normalise_email
from common.plain_inserts import insert_row
from common.postal import PostalAddress
from common.refusals import Refused
from common.words import in_words
from outbox.mails.services import queue_mail

MAX_PENDING_INVITATIONS = 50

Kind = MemberEvent.Kind


class LastOwner(Refused):
    message = _("An account needs an owner. Make another member an owner first.")


class ClosedMember(Refused):
    message = _("This person cannot sign in any more. Choose another member.")


class AlreadyMember(Refused):
    message = _("This person is a member already. Change the roles in the list instead.")


class RolesChanged(Refused):
    """Refusal when a member's roles are no longer those that the page showed. Tells both; `membership` has today's."""

    def __init__(self, membership: Membership, shown: Collection[str]) -> None:
        super().__init__(
            in_words(
                lambda: (
                    gettext(
                        "The roles of this member have changed since the page was opened. The page showed: %(shown)s. "
                        "They are now: %(now)s. Nothing was saved: check them, then try again."
                    )
                    % {"shown": roles_in_words(shown), "now": roles_in_words(roles_of(membership))}
                )
            )
        )
        self.membership = membership


class NoRole(Refused):
    message = _("Choose at least one role.")


class TooManyInvitations(Refused):
    message = _("Too many invitations are waiting for an answer. Withdraw some first.")


class JustInvited(Refused):
    message = _("This address was invited a few minutes ago. Wait a little before you send another mail.")


def lock_account(account_id: int) -> CustomerAccount:
    """Lock an account for the rest of the transaction. Raises CustomerAccount.DoesNotExist."""
    return CustomerAccount.objects.select_for_update(no_key=True).get(pk=account_id, closed_at__isnull=True)


def create_account(
    *,
    owner: User | None,
    kind: str,
    address: PostalAddress,
    now: datetime,
    vat_id: str = "",
    payer_email: str = "",
    is_public_body: bool = False,
    register_number: str = "",
    service_code: str = "",
) -> CustomerAccount:
    """Make a customer account; without an owner it is unclaimed, as a visitor's order leaves it."""
    with transaction.atomic(savepoint=False):
        account = CustomerAccount(
            kind=kind,
            is_public_body=is_public_body,
            register_number=register_number,
            vat_id=vat_id,
            service_code=service_code,
            payer_email=normalise_email(payer_email) if payer_email else "",
            created_at=now,
            **address.columns(),
        )
        insert_row(account)
        if owner is not None:
            Membership.objects.create(account=account, user=owner, is_owner=True, created_at=now)
        return account


def ensure_owner(*, account: CustomerAccount, user: User, now: datetime) -> Membership:
    """Make a user an owner of an account, whatever roles the user had in it. Locks the account."""
    return _grant(account_id=account.pk, user=user, roles={"is_owner"}, link=None, now=now)


def _grant(
    *, account_id: int, user: User, roles: Collection[str], link: AddressLink | None, now: datetime
) -> Membership:
    """Add roles to those a person has, by a link or without one. Locks the account."""
    with transaction.atomic():
        account = lock_account(account_id)
        granted = dict.fromkeys(roles, True)
        membership, created = Membership.objects.get_or_create(
            account=account, user=user, defaults=granted | {"created_at": now}
        )
        before = set() if created else roles_of(membership)
        if not created:
            Membership.objects.filter(pk=membership.pk).update(**granted)
            membership.refresh_from_db()
        after = roles_of(membership)
        if after != before:
            note(
                Kind.JOINED, account_id=account.pk, actor=user, now=now, person_id=user.pk, link=link, roles=after,
                before=before,
            )  # fmt: skip
        return membership


def invite_member(
    *, account: CustomerAccount, invited_by: User, email: str, roles: Collection[str], language: str, now: datetime
) -> MemberInvitation:
    """Mail an invitation to join an account; following its link makes the person a member.

    Known and unknown people are treated alike: the answer never tells whether the shop knows an address. Inviting again
    replaces the roles offered and the link. Locks the account. Raises AlreadyMember, NoRole, TooManyInvitations,
    JustInvited, and ValidationError for something that is no address.
    """
    email = normalise_email(email)
    offered = _flags(roles)
    with transaction.atomic():
        account = lock_account(account.pk)
        if Membership.objects.filter(account=account, user__email=email).exists():
            raise AlreadyMember
        invitations = MemberInvitation.objects.filter(account=account, email=email)
        if find_used_up(what="member invitation again", rows=invitations, at="created_at", now=now):
            raise JustInvited
        before = invitations.first()
        if before is not None:
            _withdraw(before, now)
        elif MemberInvitation.objects.filter(account=account).count() >= MAX_PENDING_INVITATIONS:
            raise TooManyInvitations
        [link] = create_links(
            links=[NewLink(purpose=AddressLink.Purpose.MEMBERSHIP, email=email, account=account, language=language)],
            now=now,
        )
        invitation = MemberInvitation.objects.create(
            account=account, email=email, link=link, invited_by=invited_by, created_at=now, **offered
        )
        queue_mail(
            kind="member_invitation",
            key=f"member_invitation:{link.pk}",
            recipient=email,
            language=language,
            context={
                "link_id": link.pk,
                "account_name": str(account),
                "invited_by": invited_by.get_full_name(),
                "inviter": invited_by.email,
            },
            account_id=account.pk,
            expires_at=link.expires_at,
        )
        note(Kind.INVITED, account_id=account.pk, actor=invited_by, now=now, link=link, roles=roles)
        return invitation


def withdraw_invitation(
    *, account: CustomerAccount, invitation_id: int, now: datetime, actor: User | None = None
) -> None:
    """Take an invitation back; its link is dead. Locks the account. Raises MemberInvitation.DoesNotExist."""
    with transaction.atomic():
        lock_account(account.pk)
        invitation = MemberInvitation.objects.select_related("link").get(account=account, pk=invitation_id)
        _withdraw(invitation, now)
        note(Kind.WITHDRAWN, account_id=account.pk, actor=actor, now=now, link=invitation.link)


def _withdraw(invitation: MemberInvitation, now: datetime) -> None:
    link_id = invitation.link_id
    invitation.delete()
    # A link is never read after its invitation is gone; marking it used also says so in the admin.
    AddressLink.objects.usable_at(now).filter(pk=link_id).update(used_at=now)


def renew_link_of_invitation(*, link: AddressLink, now: datetime) -> AddressLink | None:
    """Give the standing invitation of a link's account and address a new link, and return it; None without one.

    The link it had before is dead. Locks the account.
    """
    if link.account_id is None:
        return None
    with transaction.atomic():
        lock_account(link.account_id)
        invitation = MemberInvitation.objects.filter(account=link.account_id, email=link.email).first()
        if invitation is None:
            return None
        new = renewed(link, now=now)
        MemberInvitation.objects.filter(pk=invitation.pk).update(link=new)
        AddressLink.objects.usable_at(now).filter(pk=invitation.link_id).update(used_at=now)
        return new


def accept_invitation(*, link: AddressLink, user: User, now: datetime) -> Membership:
    """Make the user of an invitation's link a member with the roles offered. Locks the account.

    Called with the link locked. Raises LinkGone when the invitation was withdrawn.
    """
    invitation = MemberInvitation.objects.filter(link=link).first()
    if invitation is None:
        raise LinkGone
    with transaction.atomic():
        roles = roles_of(invitation)
        membership = _grant(account_id=invitation.account_id, user=user, roles=roles, link=link, now=now)
        if not MemberInvitation.objects.filter(pk=invitation.pk).delete()[0]:
            raise LinkGone
        return membership


@again_after_deadlock
def change_roles(
    *,
    account: CustomerAccount,
    membership_id: int,
    roles: Collection[str],
    now: datetime,
    shown: Collection[str] | None = None,
    actor: User | None = None,
) -> Membership:
    """Give a member exactly these roles; the rights that none of the roles grants end, with what they gave the member.

    `shown` are the roles that the caller saw, None for a caller that saw none; `actor` is None where the shop acts.
    Locks what those rights gave (`accounts.members.lost_rights`), then the account. Raises RolesChanged, LastOwner,
    NoRole, Membership.DoesNotExist.
    """
    flags = _flags(roles)
    lost = set(Right).difference(*(RIGHTS_BY_ROLE[role] for role in roles))
    with transaction.atomic():
        user_id = Membership.objects.values_list("user_id", flat=True).get(account=account, pk=membership_id)
        lock_what_rights_gave(account=account, user_ids=[user_id], rights=lost)
        lock_account(account.pk)
        membership = Membership.objects.get(account=account, pk=membership_id)
        _refuse_other_roles(membership, shown)
        if not flags["is_owner"]:
            _refuse_without_other_owner(membership)
        before = roles_of(membership)
        Membership.objects.filter(pk=membership.pk).update(**flags)
        membership.refresh_from_db()
        if roles_of(membership) != before:
            note(Kind.ROLES, account_id=account.pk, actor=actor, now=now, person_id=user_id, roles=roles, before=before)
        end_what_rights_gave(account=account, user_ids=[user_id], rights=lost, now=now)
        return membership


@again_after_deadlock
def remove_member(
    *,
    account: CustomerAccount,
    membership_id: int,
    now: datetime,
    shown: Collection[str] | None = None,
    actor: User | None = None,
) -> None:
    """End a membership, and what its rights gave the person; purchases and assigned seats stay.

    `shown` are the roles that the caller saw; `actor` is the member themselves who leaves, None where the shop acts.
    Locks what the rights gave (`accounts.members.lost_rights`), then the
    account. Raises RolesChanged, LastOwner, and Membership.DoesNotExist.
    """
    lost = set(Right)
    with transaction.atomic():
        user_id = Membership.objects.values_list("user_id", flat=True).get(account=account, pk=membership_id)
        lock_what_rights_gave(account=account, user_ids=[user_id], rights=lost)
        lock_account(account.pk)
        membership = Membership.objects.get(account=account, pk=membership_id)
        _refuse_other_roles(membership, shown)
        _refuse_without_other_owner(membership)
        before = roles_of(membership)
        membership.delete()
        kind = Kind.LEFT if actor is not None and actor.pk == user_id else Kind.REMOVED
        note(kind, account_id=account.pk, actor=actor, now=now, person_id=user_id, before=before)
        end_what_rights_gave(account=account, user_ids=[user_id], rights=lost, now=now)


def transfer_ownership(
    *, account: CustomerAccount, giver: User, membership_id: int, now: datetime, shown: Collection[str] | None = None
) -> Membership:
    """Hand the account over: the member becomes owner, the giver stays buyer and operator. Locks the account.

    `shown` are the member's roles that the caller saw. Raises RolesChanged, ClosedMember, and Membership.DoesNotExist
    when either is no member, or the giver no owner.
    """
    with transaction.atomic():
        lock_account(account.pk)
        own = Membership.objects.get(account=account, user=giver, is_owner=True)
        others = Membership.objects.select_related("user").exclude(pk=own.pk)
        taker = others.get(account=account, pk=membership_id)
        _refuse_other_roles(taker, shown)
        if not taker.user.is_active:
            raise ClosedMember
        Membership.objects.filter(pk=taker.pk).update(is_owner=True)
        Membership.objects.filter(pk=own.pk).update(is_owner=False, is_buyer=True, is_operator=True)
        taker.refresh_from_db()
        note(Kind.HANDED_OVER, account_id=account.pk, actor=giver, now=now, person_id=taker.user_id)
        return taker


def roles_of(holder: Membership | MemberInvitation) -> set[str]:
    return {role for role in ROLES if getattr(holder, role)}


def _flags(roles: Collection[str]) -> dict[str, bool]:
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"Unknown roles: {sorted(unknown)}")
    if not roles:
        raise NoRole
    return {role: role in roles for role in ROLES}


def _refuse_other_roles(membership: Membership, shown: Collection[str] | None) -> None:
    if shown is not None and set(shown) != roles_of(membership):
        raise RolesChanged(membership, shown)


def is_last_owner(membership: Membership) -> bool:
    """Tell whether the account would have no owner who can sign in without this one."""
    others = Membership.objects.filter(account_id=membership.account_id, is_owner=True, user__is_active=True)
    return membership.is_owner and not others.exclude(pk=membership.pk).exists()


def _refuse_without_other_owner(membership: Membership) -> None:
    if is_last_owner(membership):
        raise LastOwner

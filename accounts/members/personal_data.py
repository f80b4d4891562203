"""Memberships, invitations, and the details of customer accounts that are the person's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.members.models import TYPED, CustomerAccount, MemberInvitation, Membership
from accounts.members.services import withdraw_invitation
from accounts.people.models import User
from common.emails import ERASED
from common.personal_data import Person, Record, hold, records
from common.scrubbing import scrub_rows

OTHERS = Membership.objects.filter(account=OuterRef("pk")).exclude(user__email__endswith=ERASED)


def memberships(person: Person) -> Iterator[Record]:
    rows = Membership.objects.filter(user_id=person.key).order_by("pk")
    roles = ("is_owner", "is_buyer", "is_operator", "is_accountant")
    yield from records(rows, "account__name", *roles, "created_at", "wants_digest", "wants_thresholds")


def no_row(person: Person, now: datetime, limit: int) -> int:
    """Blank nothing: a membership names the person by their key alone."""
    return 0


def _invitations(person: Person) -> QuerySet[MemberInvitation]:
    # Whoever has the address by now is somebody else.
    taken = User.objects.filter(email=OuterRef("email")).exclude(pk=person.key)
    return MemberInvitation.objects.filter(~Exists(taken), email__in=person.emails).order_by("pk")


def invitations(person: Person) -> Iterator[Record]:
    yield from records(_invitations(person), "account__name", "email", "created_at")


def withdraw_invitations(person: Person, now: datetime, limit: int) -> int:
    found = list(_invitations(person).select_related("account")[:limit])
    for each in sorted(found, key=lambda each: (each.account_id, each.pk)):
        withdraw_invitation(account=each.account, invitation_id=each.pk, now=now)
    return len(found)


def _own_accounts(person: Person) -> QuerySet[CustomerAccount]:
    """Return the accounts of the person as a private buyer, shared with nobody."""
    mine = Membership.objects.filter(account=OuterRef("pk"), user_id=person.key)
    others = OTHERS.exclude(user_id=person.key)
    kind = CustomerAccount.Kind.PERSON
    return CustomerAccount.objects.filter(Exists(mine), ~Exists(others), kind=kind).order_by("pk")


def own_accounts(person: Person) -> Iterator[Record]:
    named = CustomerAccount.objects.filter(pk__in=[*_own_accounts(person).values_list("pk", flat=True)])
    yield from records(named.order_by("pk"), *TYPED, "country", "created_at")


def blank_accounts(person: Person, now: datetime, limit: int) -> int:
    """Empty the person's own accounts, and take their name and address out of those of others.

    Placed orders keep their copies, as long as they need them.
    """
    blank = dict.fromkeys(TYPED, "")
    filled = _own_accounts(person).exclude(**blank).values("pk")[:limit]
    if count := CustomerAccount.objects.filter(pk__in=[row["pk"] for row in filled]).update(**blank):
        return count
    paid_by = CustomerAccount.objects.filter(payer_email__in=person.emails).order_by("pk").values("pk")[:limit]
    if count := CustomerAccount.objects.filter(pk__in=paid_by).update(payer_email=""):
        return count
    members = Membership.objects.filter(account=OuterRef("pk"))
    theirs = Q(Exists(members.filter(user__in=person.namesakes)), ~Exists(members.filter(user=person.key)))
    accounts = CustomerAccount.objects.all()
    return scrub_rows(accounts, "name", "street", person=person, limit=limit, theirs=theirs)


hold("memberships", _("Customer accounts that you belong to"), columns={}, describe=memberships, blank=no_row)
hold(
    "member invitations",
    _("Invitations to customer accounts"),
    columns={"accounts.memberinvitation": ("email",)},
    describe=invitations,
    blank=withdraw_invitations,
)
hold(
    "customer accounts",
    _("Your own customer account"),
    columns={"accounts.customeraccount": TYPED},
    describe=own_accounts,
    blank=blank_accounts,
)

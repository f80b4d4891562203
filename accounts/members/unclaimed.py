"""Customer accounts that nobody claimed, without the names and addresses typed for them."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Exists, OuterRef

from accounts.members.models import TYPED, CustomerAccount, MemberInvitation, Membership


def blank_unclaimed_accounts(*, account_ids: Collection[int]) -> int:
    """Blank the details of accounts without a member or an invitation; return their number. Locks the accounts, by
    key."""
    of_account = {"account": OuterRef("pk")}
    members, invited = Membership.objects.filter(**of_account), MemberInvitation.objects.filter(**of_account)
    locked = CustomerAccount.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=account_ids)
    keys = list(locked.filter(~Exists(members), ~Exists(invited)).order_by("pk").values_list("pk", flat=True))
    return CustomerAccount.objects.filter(pk__in=keys).update(**dict.fromkeys(TYPED, ""))

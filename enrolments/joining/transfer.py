"""Move of the join links of an account that goes away, with its order, into another one."""

from __future__ import annotations

from accounts.members.models import CustomerAccount
from enrolments.joining.models import JoinLink


def move_join_links(*, from_account: CustomerAccount, to_account: CustomerAccount) -> None:
    """Give an account's join links to another account; they open what they opened before. One statement."""
    JoinLink.objects.filter(account=from_account).update(account=to_account)

"""Move of the lists of people of an account that goes away, with its order, into another one."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from accounts.members.models import CustomerAccount
from enrolments.lists.models import PeopleList


def move_lists(*, from_account: CustomerAccount, to_account: CustomerAccount) -> None:
    """Give an account's lists to another account; of the very draft that is in both, the other account's stays.

    A list that is being placed goes on there. Two statements, and those of deleting drafts.
    """
    moved = PeopleList.objects.filter(account=from_account)
    is_draft = PeopleList.State.DRAFT
    same = PeopleList.objects.filter(account=to_account, fingerprint=OuterRef("fingerprint"), state=is_draft)
    moved.filter(Exists(same), state=is_draft).delete()
    moved.update(account=to_account)

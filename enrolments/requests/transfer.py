"""Move of the requests to an account that goes away, with its order, into another one."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from accounts.members.models import CustomerAccount
from enrolments.requests.models import CourseRequest


def move_requests(*, from_account: CustomerAccount, to_account: CustomerAccount) -> None:
    """Give an account's requests to another account; of one that is open in both, the other account's stays. Two
    statements."""
    moved = CourseRequest.objects.filter(account=from_account)
    is_open = CourseRequest.State.OPEN
    same = CourseRequest.objects.filter(
        account=to_account, person=OuterRef("person"), course=OuterRef("course"), state=is_open
    )
    moved.filter(Exists(same), state=is_open).delete()
    moved.update(account=to_account)

"""Move of the waiting places of an account that goes away, with its order, into another one."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from accounts.members.models import CustomerAccount
from enrolments.waiting.models import WaitingEvent, WaitingPlace


def move_waiting_places(*, from_account: CustomerAccount, to_account: CustomerAccount) -> None:
    """Give an account's waiting places to another account, in their turn and with what they were offered; of a course
    that both wait for, the other account's stays. Their history goes along. Three statements, and those of deleting
    places."""
    moved = WaitingPlace.objects.filter(account=from_account)
    is_waiting = WaitingPlace.State.WAITING
    same = WaitingPlace.objects.filter(account=to_account, course=OuterRef("course"), state=is_waiting)
    moved.filter(Exists(same), state=is_waiting).delete()
    moved.update(account=to_account)
    WaitingEvent.objects.filter(account=from_account).update(account=to_account)

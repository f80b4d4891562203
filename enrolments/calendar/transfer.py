"""Move of the calendar links of an account that goes away, with its order, into another one."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from accounts.members.models import CustomerAccount
from enrolments.calendar.models import CalendarLink


def move_calendar_links(*, from_account: CustomerAccount, to_account: CustomerAccount) -> None:
    """Give the addresses of an account's calendar to another account; of a person with one in both, that of the other
    account stays. Two statements."""
    moved = CalendarLink.objects.filter(account=from_account)
    same = CalendarLink.objects.filter(account=to_account, person=OuterRef("person"))
    moved.filter(Exists(same)).delete()
    moved.update(account=to_account)

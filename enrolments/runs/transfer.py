"""Move of the runs of an account that goes away, with its order, into another one."""

from __future__ import annotations

from accounts.members.models import CustomerAccount
from enrolments.runs.models import Run


def move_runs(*, from_account: CustomerAccount, to_account: CustomerAccount) -> None:
    """Give an account's runs to another account; one that is under way goes on there. One statement."""
    Run.objects.filter(account=from_account).update(account=to_account)

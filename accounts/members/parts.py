"""Part of an account that an operator is limited to: teams, orders and courses. They see and place what belongs to any
of them, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.members.history.models import MemberEvent
from accounts.members.history.services import note
from accounts.members.models import CustomerAccount, Membership
from accounts.people.models import User
from common.refusals import Refused


@dataclass(frozen=True, slots=True)
class Part:
    """Keys of the teams, orders and courses that an operator works with."""

    teams: frozenset[int] = frozenset()
    orders: frozenset[int] = frozenset()
    courses: frozenset[int] = frozenset()

    @classmethod
    def of(cls, membership: Membership) -> Part | None:
        """Return the part that a member is limited to; None for whoever works with the whole account."""
        if membership.is_owner or membership.limits is None:
            return None
        return cls.named(membership.limits)

    @classmethod
    def named(cls, limits: Mapping[str, Iterable[int]]) -> Part:
        """Return the part that stored limits name."""
        return cls(*(frozenset(limits.get(name, ())) for name in ("teams", "orders", "courses")))

    @property
    def limits(self) -> dict[str, list[int]]:
        """The keys as they are stored."""
        return {"teams": sorted(self.teams), "orders": sorted(self.orders), "courses": sorted(self.courses)}

    def is_within(self, other: Part) -> bool:
        """Tell whether another part has all of this one."""
        return self.teams <= other.teams and self.orders <= other.orders and self.courses <= other.courses


class NoOperator(Refused):
    """Refusal to limit somebody who is no operator, or owns the account."""

    message = _("Only operators who do not own the account can be limited.")


class LimitsChanged(Refused):
    """Refusal when another owner changed the limits after the page was opened."""

    message = _("Another owner changed these limits meanwhile. Look at them, then save again.")


def limit_member(
    *,
    account: CustomerAccount,
    membership_id: int,
    teams: Iterable[int],
    orders: Iterable[int],
    courses: Iterable[int],
    actor: User | None,
    now: datetime,
    is_as_shown: Callable[[Membership], bool] = lambda _membership: True,
) -> Membership:
    """Limit an operator to some teams, orders and courses; with none of them they work with the whole account.

    The history tells who did it, None for the shop. `is_as_shown` tells whether the limits are those that the caller
    saw. Waits for whoever places people as this operator. Locks the membership. Raises Membership.DoesNotExist,
    NoOperator, LimitsChanged.
    """
    with transaction.atomic():
        membership = Membership.objects.select_for_update().get(account=account, pk=membership_id)
        if membership.is_owner or not membership.is_operator:
            raise NoOperator
        if not is_as_shown(membership):
            raise LimitsChanged
        before = membership.limits
        limits = {"teams": sorted(teams), "orders": sorted(orders), "courses": sorted(courses)}
        membership.limits = limits if any(limits.values()) else None
        membership.save(update_fields=["limits"])
        if membership.limits != before:
            note(
                MemberEvent.Kind.LIMITS,
                account_id=account.pk,
                actor=actor,
                now=now,
                person_id=membership.user_id,
                detail={"limits": membership.limits, "limits_before": before},
            )
    return membership

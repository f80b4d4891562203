"""People who may act for an account; each answer stays true until the transaction ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import connection

from accounts.members.models import CustomerAccount, Membership
from accounts.members.rights import OF_THE_WHOLE, RIGHTS_BY_ROLE, Right
from accounts.people.models import User

# Shared locks: two acts do not wait for each other; an act and the loss of the right or the account do. Foreign keys
# are checked at the commit, so the account is locked here, before any other row of the account.
WITH_RIGHT = """
SELECT membership.* FROM accounts_membership membership
    JOIN accounts_customeraccount account ON account.id = membership.account_id
    JOIN accounts_user person ON person.id = membership.user_id AND person.is_active
WHERE membership.account_id = %(account)s AND ({roles})
    AND (%(user)s::bigint IS NULL OR membership.user_id = %(user)s)
ORDER BY membership.created_at, membership.id
FOR KEY SHARE OF account FOR SHARE OF membership
"""


def keep_account(account_id: int) -> bool:
    """Keep an account from being deleted or closed until the transaction ends; return False when it is gone.

    Moving a claimed order deletes or closes the account that was made for it. Call this before writing rows of an
    account. Locks the account FOR KEY SHARE, like the foreign keys of those rows.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM accounts_customeraccount WHERE id = %s AND closed_at IS NULL FOR KEY SHARE", [account_id]
        )
        return cursor.fetchone() is not None


def keep_right(*, account_id: int, user: User, right: Right) -> bool:
    """Tell whether a person holds a right in an account, and keep it so until the transaction ends.

    Locks the account FOR KEY SHARE and the membership FOR SHARE; to be called after the courses are locked.
    """
    return bool(_with_right(account_id, right, user_id=user.pk))


def keep_at_desk(*, account_id: int, user: User) -> Membership | None:
    """Return the membership of a person who works with an account's seats and people, all of them or a part
    (`accounts.members.parts`), and keep it so until the transaction ends; None for everybody else.

    Locks like `keep_right`.
    """
    return next(iter(_with_right(account_id, Right.MANAGE_SEATS, user_id=user.pk, in_part=True)), None)


def standing_operator(
    *,
    account: CustomerAccount,
    chosen: User,
    otherwise: User | None = None,
    serves: Callable[[Membership], bool] = lambda member: not member.is_limited,
) -> User | None:
    """Return who is an order's operator: `chosen` while an owner or operator, else the owner who joined first.

    `otherwise` is asked between the two. `serves` tells whether an operator limited to a part of the account may act;
    by itself none may. None when the account has no active owner. Keeps the answer true until the transaction ends:
    locks the account FOR KEY SHARE and the memberships of owners and operators FOR SHARE; to be called after the
    courses are locked.
    """
    members = _with_right(account.pk, Right.MANAGE_SEATS, in_part=True)
    standing = {member.user_id for member in members if serves(member)}
    for each in (chosen, otherwise):
        if each is not None and each.pk in standing:
            return each
    owner = next((member for member in members if member.is_owner), None)
    return None if owner is None else owner.user


def _with_right(
    account_id: int, right: Right, *, user_id: int | None = None, in_part: bool = False
) -> Sequence[Membership]:
    """Return members by their right, the first to join first; `in_part` tells that operators limited to a part of the
    account have it too."""
    roles = [f"membership.{role}" for role, rights in RIGHTS_BY_ROLE.items() if right in rights]
    if right in OF_THE_WHOLE and not in_part:
        roles = [f"{role} AND membership.limits IS NULL" if role.endswith("is_operator") else role for role in roles]
    query = WITH_RIGHT.format(roles=" OR ".join(roles))
    return list(Membership.objects.raw(query, {"account": account_id, "user": user_id}))

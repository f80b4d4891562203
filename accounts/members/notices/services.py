from __future__ import annotations

from accounts.members.models import Membership
from accounts.members.notices.kinds import Notice


def want(*, membership_id: int, notice: Notice, is_wanted: bool) -> None:
    """Turn a notice of a member on or off; a second time changes nothing. One statement; takes no further lock.

    Raises Membership.DoesNotExist.
    """
    if not Membership.objects.filter(pk=membership_id).update(**{notice.column: is_wanted}):
        raise Membership.DoesNotExist

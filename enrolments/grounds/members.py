"""Members of course groups."""

from __future__ import annotations

from collections.abc import Iterable

from enrolments.grounds.models import Ground


def members_of(pairs: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return those (group, user) pairs whose user is in the group now, by a live ground."""
    pairs = set(pairs)
    if not pairs:
        return set()
    live = Ground.objects.live().filter(
        group_id__in={group_id for group_id, _user in pairs}, enrolment__user_id__in={user for _group, user in pairs}
    )
    return set(live.order_by().values_list("group_id", "enrolment__user_id").distinct())

"""Writing the history of an account: each act in the transaction that does it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.utils.functional import Promise

from accounts.links.models import AddressLink
from accounts.members.history.models import MemberEvent
from accounts.people.models import User
from common.plain_inserts import insert_row
from common.registry import Registry

# Names of what is downloaded, in words; upper floors add theirs in their app's `ready()`.
DOWNLOADS: Registry[str | Promise] = Registry("download of an account")


def note(
    kind: MemberEvent.Kind,
    *,
    account_id: int,
    actor: User | None,
    now: datetime,
    person_id: int | None = None,
    link: AddressLink | None = None,
    roles: Collection[str] | None = None,
    before: Collection[str] | None = None,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Add an act to the history of an account. One INSERT; locks nothing.

    `actor` is None where the shop acts, `person_id` the member concerned; `roles` are those held or offered afterwards,
    `before` those held until now. `detail` is what else the act is told by: no name and no address of a person.
    """
    given = {"roles": roles, "before": before}
    told = {name: sorted(value) for name, value in given.items() if value is not None} | dict(detail or {})
    insert_row(
        MemberEvent(account_id=account_id, kind=kind, at=now, actor=actor, person_id=person_id, link=link, detail=told)
    )


def note_download(*, account_id: int, actor: User, file: str, now: datetime) -> None:
    """Add a download to the history of an account; `file` is registered in DOWNLOADS. One INSERT; locks nothing.

    Raises Unregistered.
    """
    DOWNLOADS.get(file)
    insert_row(
        MemberEvent(account_id=account_id, kind=MemberEvent.Kind.DOWNLOADED, at=now, actor=actor, detail={"what": file})
    )

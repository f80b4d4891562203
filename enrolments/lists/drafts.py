"""Making a list of people, and mending it before it is placed."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount
from accounts.members.operators import keep_account
from accounts.people.models import User
from common.refusals import Refused
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.lists.judging import judge
from enrolments.lists.models import ListRow, PeopleList
from enrolments.lists.reading import PersonRow
from enrolments.lists.rows import write_rows
from enrolments.lists.typed import read_rows


class ListMoved(Refused):
    """Refusal when the list was changed or begun since the page was opened."""

    message = _("This list was changed or begun meanwhile. Look at it as it is now.")


class ListNotFound(Refused):
    """Refusal when this account has no such list, or the list no such line."""

    message = _("This list does not exist.")


def make_list(
    *,
    account: CustomerAccount,
    operator: User,
    rows: Sequence[PersonRow],
    entry_code: str = "",
    group: CourseGroup | None = None,
    course: Course | None = None,
    language: str,
    in_place_of: tuple[int, int] | None = None,
    now: datetime.datetime,
) -> PeopleList:
    """Keep a list of people with the verdict on each row; nobody is placed.

    The seats are those of an entry or of a session, `group`. With `course` everybody goes there, else each row names
    its course. The very list that is there already as a draft is returned, with verdicts of now. `in_place_of` is the
    key of a draft of the account and the version that its page showed: it is locked, and deleted. Locks the account
    (FOR KEY SHARE). Raises ListMoved for that draft, ListNotFound when the account is gone.
    """
    made = PeopleList(
        account=account,
        operator=operator,
        entry_code=entry_code,
        group=group,
        course=group.course if group is not None else course,
        language=language,
        made_at=now,
        judged_at=now,
    )
    made.fingerprint = _fingerprint(made, rows)
    drafts = PeopleList.objects.filter(state=PeopleList.State.DRAFT).select_related("course")
    with transaction.atomic():
        if not keep_account(account.pk):
            raise ListNotFound
        former = _lock_former(account, in_place_of) if in_place_of else None
        PeopleList.objects.bulk_create([made], ignore_conflicts=True)
        # As a list, since the people of one list may be kept as several.
        [kept] = drafts.filter(account=account, fingerprint=made.fingerprint)
        if former is not None and former.pk != kept.pk:
            former.delete()
        if not kept.rows.exists():
            _write_new(kept, rows, now)
            return kept
    judge_again(people_list=kept, now=now)
    return kept


def judge_again(*, people_list: PeopleList, now: datetime.datetime) -> None:
    """Write the verdicts of now on the rows of a draft. Locks the list. Raises ListMoved for one that was begun."""
    with transaction.atomic():
        draft = _lock_draft(people_list)
        rows = list(draft.rows.order_by("line"))
        courses = read_rows(draft, rows)
        judge(draft, rows, courses, now=now)
        write_rows(rows)
        PeopleList.objects.filter(pk=draft.pk).update(judged_at=now)


def mend_row(*, people_list: PeopleList, line: int, version: int, row: PersonRow, now: datetime.datetime) -> PeopleList:
    """Write a line of a draft anew, and the verdicts on all. Returns the list.

    `version` is the one the page showed. Locks the list. Raises ListMoved, and ListNotFound for a line it has not.
    """
    with transaction.atomic():
        draft = _lock_draft(people_list, version=version)
        rows = list(draft.rows.order_by("line"))
        mended = next((each for each in rows if each.line == line), None)
        if mended is None:
            raise ListNotFound
        for name, value in _texts(row).items():
            setattr(mended, name, value)
        judge(draft, rows, read_rows(draft, rows), now=now)
        write_rows(rows)
        draft.version += 1
        draft.judged_at = now
        draft.fingerprint = _fingerprint(draft, [person_row(each) for each in rows], draft.pk)
        draft.save(update_fields=["version", "judged_at", "fingerprint"])
    return draft


def discard_list(*, people_list: PeopleList, version: int) -> None:
    """Delete a draft. Locks it. Raises ListMoved."""
    with transaction.atomic():
        _lock_draft(people_list, version=version).delete()


def _lock_draft(people_list: PeopleList, *, version: int | None = None) -> PeopleList:
    locked = PeopleList.objects.select_for_update(no_key=True).filter(pk=people_list.pk).first()
    if locked is None or locked.state != PeopleList.State.DRAFT or version not in (None, locked.version):
        raise ListMoved
    return locked


def _lock_former(account: CustomerAccount, in_place_of: tuple[int, int]) -> PeopleList:
    key, version = in_place_of
    former = PeopleList.objects.filter(account=account, pk=key).first()
    if former is None:
        raise ListMoved
    return _lock_draft(former, version=version)


def _write_new(people_list: PeopleList, typed: Sequence[PersonRow], now: datetime.datetime) -> None:
    rows = rows_from(people_list, typed)
    courses = read_rows(people_list, rows)
    judge(people_list, rows, courses, now=now)
    ListRow.objects.bulk_create(rows)


def rows_from(people_list: PeopleList, typed: Sequence[PersonRow]) -> list[ListRow]:
    """Return rows of a list as typed, not judged and not saved yet."""
    return [ListRow(people_list=people_list, line=row.line, **_texts(row)) for row in typed]


def _texts(row: PersonRow) -> dict[str, str]:
    return {
        "email": row.email,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "course_typed": row.course,
        "role_typed": row.role,
        "language_typed": row.language,
        "team_typed": row.team,
    }


def person_row(row: ListRow) -> PersonRow:
    """Return a row of a list as it was typed."""
    return PersonRow(
        line=row.line,
        email=row.email,
        first_name=row.first_name,
        last_name=row.last_name,
        course=row.course_typed,
        role=row.role_typed,
        language=row.language_typed,
        team=row.team_typed,
    )


def _fingerprint(people_list: PeopleList, rows: Sequence[PersonRow], *more: int) -> str:
    """Return the fingerprint of all that a list was made from."""
    source = [people_list.entry_code, people_list.group_id, people_list.course_id, *more]
    made_from = [source, [[row.line, *_texts(row).values()] for row in rows]]
    return hashlib.sha256(json.dumps(made_from).encode()).hexdigest()

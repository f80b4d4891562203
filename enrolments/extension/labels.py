"""Targets of an extension in words, for members of the account that owns them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.members.models import CustomerAccount
from common.languages import in_reader_language
from common.words import end_in_words
from enrolments.extension.targets import Target
from enrolments.people.selectors import typed_names

NOT_YOURS = gettext_lazy("This is not among the seats and enrolments of your account. Choose another one.")
GAINS_NOTHING = gettext_lazy(
    "Nothing would be gained: this has no end, or its course ends before. Choose another one, or take this unit out."
)


def names_of(targets: Iterable[Target]) -> Mapping[tuple[int, int], str]:
    """Return the names of people as the accounts typed them, by account and person. Two statements for each account."""
    wanted: dict[int, set[int]] = {}
    for target in targets:
        if target.ground is not None:
            wanted.setdefault(target.account_id, set()).add(target.ground.enrolment.user_id)
    accounts = CustomerAccount.objects.in_bulk(wanted) if wanted else {}
    return {
        (account_id, user_id): row.name or row.email
        for account_id, user_ids in wanted.items()
        for user_id, row in typed_names(accounts[account_id], user_ids).items()
    }


def in_words(target: Target, names: Mapping[tuple[int, int], str], now: datetime.datetime) -> str:
    """Return the person and the course, or the seat, with its end."""
    return f"{_name(target, names)} · {_end(target.ends_at, now)}"


def _name(target: Target, names: Mapping[tuple[int, int], str]) -> str:
    if target.ground is not None:
        name = names.get((target.account_id, target.ground.enrolment.user_id)) or _("Name not given")
        return f"{name} · {target.ground.enrolment.course.name}"
    assert target.seat is not None
    batch, seat = target.seat.batch, target.seat
    number = "" if seat.unit_index is None else f"{seat.unit_index + 1}-{seat.number}"
    entry = in_reader_language(batch.entry_name) or batch.entry_code
    return _("Seat %(number)s of order %(order)s · %(entry)s") % {
        "number": number,
        "order": batch.order_number,
        "entry": entry,
    }


def _end(end: datetime.datetime | None, now: datetime.datetime) -> str:
    if end is None:
        return _("without end")
    said = _("until %(end)s") if end > now else _("over since %(end)s")
    return said % {"end": end_in_words(end)}

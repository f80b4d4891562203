"""Taking back the results of a line: its held places, its seats, and its grounds."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from enrolments.courses.places.services import release_hold
from enrolments.extension.taking_back import take_back
from enrolments.grounds.enrol_line import end_line_grounds
from enrolments.seats.models import Seat, SeatState
from enrolments.seats.revoke import Revoked, SeatsConsumed, revoke_seats
from enrolments.unit_rows import of_units, read_unit_indexes
from handlers.contract import (
    Feedback,
    LineContext,
    Refusal,
    Revocation,
    RevokeReason,
    UnitContext,
    in_words,
    paragraphs,
    runs_of,
)


def free_places(line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> None:
    """Give back the places held for ``units``, if the line holds any still."""
    everything = reason.why is RevokeReason.UNPAID
    release_hold(line_id=line.line_id, places=None if everything else len(units), now=line.now)


def take_back_seats(line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> Feedback:
    """Revoke the seats of ``units``; with the last seat of the line, end all other grounds of the line.

    Raises ``Refusal`` at the first unit with a used seat, unless those are included.
    """
    free_places(line, units, reason)
    if reason.why is RevokeReason.UNPAID:
        return Feedback()
    revoked = _revoke(line, units, reason)
    if not revoked.left:
        end_line_grounds(line_id=line.line_id, reason=reason_text(reason), now=line.now)
    if not revoked.revoked:
        return Feedback()
    return Feedback(
        customer=in_words(
            lambda: (
                ngettext("%(n)d seat was taken back.", "%(n)d seats were taken back.", revoked.revoked)
                % {"n": revoked.revoked}
            )
        ),
        sales=in_words(
            lambda: (
                ngettext(
                    "%(n)d seat was taken back, %(left)d left of this line.",
                    "%(n)d seats were taken back, %(left)d left of this line.",
                    revoked.revoked,
                )
                % {"n": revoked.revoked, "left": revoked.left}
            )
        ),
    )


def take_back_without_script(line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> None:
    """Free places, seats and grounds of ``units``, of a line whose handler cannot; with the last unit, all grounds.

    Raises ``Refusal`` at the first unit with a used seat, unless those are included.
    """
    free_places(line, units, reason)
    if reason.why is RevokeReason.UNPAID:
        return
    _revoke(line, units, reason)
    take_back(line_id=line.line_id, units=runs_of(units), reason=reason_text(reason), now=line.now)
    is_all = len(units) == len(line.units)
    end_line_grounds(
        line_id=line.line_id, reason=reason_text(reason), now=line.now, units=None if is_all else runs_of(units)
    )


def reason_text(reason: Revocation) -> str:
    """Return the reason that the history keeps: the merchant's words, else the kind of reason."""
    return reason.note[:200] or reason.why.value


def _revoke(line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> Revoked:
    """Revoke the seats of ``units``. Raises ``Refusal`` at the first unit with a used seat, unless those are
    included."""
    try:
        return revoke_seats(
            line_id=line.line_id,
            units=runs_of(units),
            actor=reason.by,
            reason=reason_text(reason),
            now=line.now,
            consumed_too=reason.include_consumed,
        )
    except SeatsConsumed as consumed:
        raise _refusal_at_used_unit(line, units, consumed) from consumed


def _refusal_at_used_unit(line: LineContext, units: Sequence[UnitContext], consumed: SeatsConsumed) -> Refusal:
    used = list(
        Seat.objects.filter(
            of_units(line.line_id, runs_of(units)), batch__line_id=line.line_id, state=SeatState.CONSUMED
        )
    )
    read_unit_indexes(used)
    message = paragraphs(
        consumed.message, in_words(lambda: _("Leave them out, or say explicitly that they are taken back as well."))
    )
    return Refusal(message, unit=min((seat.unit_index for seat in used if seat.unit_index is not None), default=None))

"""Unassigned seats: paid for now, person and course chosen later."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from common.moments import days_later
from common.words import end_in_words
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.generate import generate_seats
from enrolments.seats.models import Seat, SeatState
from handlers.contract import (
    EntryToCheck,
    Fact,
    Feedback,
    Finding,
    Handler,
    LineContext,
    Revocation,
    Sold,
    UnitContext,
    in_words,
    runs_of,
    sentences,
)
from handlers.delivery import SUPERVISING, entry_ref, line_ref, sold_role, too_late
from handlers.facts import assignable_in_words, enterable_in_words, period_facts, seats_in_words
from handlers.findings import check_course_list, check_role, check_support_course, check_terms
from handlers.giving_back import take_back_seats
from handlers.std_generateseats.forms import GenerateSeatsForm, GenerateSeatsParameters
from handlers.support import enrol_operator_in_support


class GenerateSeats(Handler):
    """Handler that makes ``quantity × packsize`` available seats in the customer account."""

    name = "std_generateseats"
    version = 1
    label = gettext_lazy("Unassigned seats")
    summary = gettext_lazy(
        "Makes seats in the customer account. Who takes which course is decided later, seat by seat."
    )
    MerchantForm = GenerateSeatsForm

    def check(self, entry: EntryToCheck) -> list[Finding]:
        return list(_findings(GenerateSeatsParameters.of(entry.parameters)))

    def units_made(self, params: Mapping[str, Any]) -> int:
        return GenerateSeatsParameters.of(params).pack_size

    def sold(self, params: Mapping[str, Any]) -> Sold:
        seats = GenerateSeatsParameters.of(params)
        facts = [Fact(gettext_lazy("Each unit contains"), seats_in_words(seats.pack_size))]
        if seats.validity_days:
            facts.append(Fact(gettext_lazy("Seats can be assigned"), assignable_in_words(seats.validity_days)))
        if seats.start_before_days:
            facts.append(Fact(gettext_lazy("First entry"), enterable_in_words(seats.start_before_days)))
        return Sold(
            course_list=seats.course_list,
            terms=seats.terms,
            facts=[*facts, *period_facts(seats.terms)],
        )

    def courses_to_lock(self, params: Mapping[str, Any]) -> Collection[str]:
        support = GenerateSeatsParameters.of(params).support_course
        return [support] if support else []

    def pre_payment(self, line: LineContext) -> Feedback:
        """Refuse seats that could never be used. Nothing is held: a seat takes a place when it is assigned."""
        params = GenerateSeatsParameters.of(line.parameters)
        sold_role(line, params.supervisor, SUPERVISING)
        ends_at = params.terms.ends_at
        if ends_at is not None and ends_at <= line.now:
            raise too_late(line)
        return Feedback()

    def retake(self, line: LineContext) -> Feedback:
        return Feedback()

    def post_payment(self, line: LineContext) -> Feedback:
        params = GenerateSeatsParameters.of(line.parameters)
        sold_at = line.paid_at or line.now
        batch = generate_seats(
            line=line_ref(line),
            entry=entry_ref(line),
            units=runs_of(line.units),
            packsize=params.pack_size,
            course_list=params.course_list,
            supervisor_role=sold_role(line, params.supervisor, SUPERVISING),
            terms=params.terms,
            valid_until=days_later(sold_at, params.validity_days) if params.validity_days else None,
            start_before_days=params.start_before_days,
            remind_days=params.remind_days,
            sold_at=sold_at,
            now=line.now,
        )
        return _delivered(len(line.units) * params.pack_size, batch)

    def attach_operator(self, line: LineContext) -> Feedback:
        """Enrol the operator in the support course, unless the line has no seats: before delivery, or all revoked."""
        if not Seat.objects.filter(batch__line_id=line.line_id).exclude(state=SeatState.REVOKED).exists():
            return Feedback()
        return enrol_operator_in_support(line, GenerateSeatsParameters.of(line.parameters).support_course)

    def revoke(self, line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> Feedback:
        return take_back_seats(line, units, reason)


def _findings(params: GenerateSeatsParameters) -> Iterator[Finding]:
    now = timezone.now()
    yield from check_course_list(params.course_list, field="courselist", now=now)
    yield from check_role(params.supervisor, field="supervisor", kinds=SUPERVISING)
    yield from check_support_course(params.support_course, now=now)
    yield from check_terms(params.terms, now=now)


def _delivered(count: int, batch: SeatBatch) -> Feedback:
    made = in_words(
        lambda: (
            ngettext(
                "%(n)d seat is ready in the customer account.", "%(n)d seats are ready in the customer account.", count
            )
            % {"n": count}
        )
    )
    next_step = gettext_lazy("Its operators choose the person and the course of each seat, whenever they like.")
    until = in_words(
        lambda: (
            _("The seats can be assigned until %(date)s.") % {"date": end_in_words(batch.valid_until)}
            if batch.valid_until
            else ""
        )
    )
    courses = in_words(
        lambda: (
            _("They may be used for these courses: %(courses)s.") % {"courses": batch.course_list}
            if batch.course_list
            else _("They may be used for every open course.")
        )
    )
    entering = in_words(
        lambda: (
            ngettext(
                "Whoever gets a seat has to enter the course within %(n)d day.",
                "Whoever gets a seat has to enter the course within %(n)d days.",
                batch.start_before_days,
            )
            % {"n": batch.start_before_days}
            if batch.start_before_days
            else ""
        )
    )
    told = sentences(made, next_step, until, entering)
    return Feedback(public=told, customer=told, sales=sentences(made, courses, until, entering))

"""Extension of the access of people, or of the validity of free seats."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.people.models import User
from enrolments.courses.places.services import retake_holds
from enrolments.extension.labels import GAINS_NOTHING
from enrolments.extension.periods import Ends, plan
from enrolments.extension.services import Extended, NothingGained, NothingToExtend, extend, places_needed, planned
from enrolments.extension.taking_back import take_back
from enrolments.extension.targets import find_targets, owns_one
from handlers.contract import (
    Audience,
    Buyer,
    DraftLine,
    EntryToCheck,
    Fact,
    Feedback,
    Finding,
    Handler,
    Level,
    LineContext,
    ParametersForm,
    Refusal,
    Revocation,
    RevokeReason,
    Sold,
    Text,
    UnitContext,
    UnitError,
    UnitErrors,
    in_words,
    runs_of,
    sentences,
)
from handlers.delivery import hold, line_ref, refusals, what_next
from handlers.facts import days_in_words
from handlers.giving_back import free_places, reason_text
from handlers.std_extendenrolperiod.forms import ExtendPeriodForm, ExtensionForm, days_of, form_for

OF_ANOTHER = gettext_lazy(
    "This is not among the seats and enrolments of the account that buys. Choose another one, or buy for the account "
    "that owns it."
)


class ExtendEnrolPeriod(Handler):
    """Handler of extensions: each unit picks one of the account's own free seats or enrolments."""

    name = "std_extendenrolperiod"
    version = 1
    label = gettext_lazy("Extension of seats and enrolments")
    summary = gettext_lazy("Adds days to an enrolment, or to the validity of a free seat, that each unit picks.")
    MerchantForm: ClassVar[type[ParametersForm]] = ExtendPeriodForm
    UnitForm: ClassVar[type[forms.Form] | None] = ExtensionForm
    audience = Audience.MEMBERS
    why_not_offered = gettext_lazy(
        "There is nothing to extend yet: none of your accounts has a seat or an enrolment with an end."
    )

    def check(self, entry: EntryToCheck) -> list[Finding]:
        if entry.audience != Audience.EVERYONE:
            return []
        return [
            Finding(
                Level.INFO, gettext_lazy("Only people signed in can buy this: they extend what their accounts own.")
            )
        ]

    def is_offered_to(self, params: Mapping[str, Any], user: User, *, now: datetime) -> bool:
        """Tell whether the person buys and places people for an account that owns something with an end."""
        return owns_one(Buyer(user).accounts())

    def unit_form(
        self, params: Mapping[str, Any], *, buyer: Buyer, answers: Sequence[Mapping[str, Any]], now: datetime
    ) -> type[forms.Form] | None:
        return form_for(params, buyer.accounts(), answers, now=now, is_choosing=buyer.is_choosing)

    def sold(self, params: Mapping[str, Any]) -> Sold:
        return Sold(facts=[Fact(gettext_lazy("Each unit adds"), days_in_words(days_of(params)))])

    def courses_of_units(self, params: Mapping[str, Any], units: Sequence[UnitContext]) -> Collection[str]:
        found = find_targets(_keys(units).values(), account_ids=None)
        return {target.course.short_name for target in found.values() if target.course is not None}

    def clean_units(self, lines: Sequence[DraftLine]) -> None:
        """Refuse units that gain nothing once those before them, of whatever line, have extended their target."""
        found = find_targets({key for line in lines for key in _keys(line.units).values()}, account_ids=None)
        errors: list[UnitError] = []
        now = timezone.now()
        ends: Ends = {}
        for line in lines:
            targets = {index: found[key] for index, key in _keys(line.units).items() if key in found}
            planned_units = plan(targets, days=days_of(line.parameters), now=now, ends=ends)
            errors += [
                UnitError(line.index, each.unit_index, "target", GAINS_NOTHING)
                for each in planned_units
                if each.period is None
            ]
        if errors:
            raise UnitErrors(errors)

    def pre_payment(self, line: LineContext) -> Feedback:
        """Check what each unit extends, and hold the places of session seats that come back.

        Somebody whose access is over keeps their place until they are released, so that none is held for them.
        """
        with _refusals_at_units(line):
            extensions = planned(
                _keys(line.units), account_id=line.account.pk, days=days_of(line.parameters), now=line.now
            )
        for course, places in places_needed(extensions).items():
            hold(line, course, places)
        return Feedback()

    def retake(self, line: LineContext) -> Feedback:
        with refusals():
            retake_holds(order_id=line.order_id, now=line.now)
        return Feedback()

    def post_payment(self, line: LineContext) -> Feedback:
        with _refusals_at_units(line), refusals():
            extended = extend(
                line=line_ref(line),
                keys=_keys(line.units),
                days=days_of(line.parameters),
                courses=list(line.courses.values()),
                now=line.now,
            )
        return _extended(extended, days=days_of(line.parameters))

    def revoke(self, line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> Feedback:
        free_places(line, units, reason)
        if reason.why is RevokeReason.UNPAID or not units:
            return Feedback()
        ended = take_back(line_id=line.line_id, units=runs_of(units), reason=reason_text(reason), now=line.now)
        if not ended:
            return Feedback()
        told = in_words(
            lambda: (
                ngettext("%(n)d extension was taken back.", "%(n)d extensions were taken back.", ended) % {"n": ended}
            )
        )
        return Feedback(customer=told, sales=told)


def _keys(units: Sequence[UnitContext]) -> dict[int, str]:
    """Return the keys that units picked, by index; a unit whose answer was erased has none."""
    return {unit.index: key for unit in units if isinstance(key := unit.answers.get("target"), str)}


@contextmanager
def _refusals_at_units(line: LineContext) -> Iterator[None]:
    try:
        yield
    except (NothingToExtend, NothingGained) as refused:
        told = OF_ANOTHER if isinstance(refused, NothingToExtend) else GAINS_NOTHING
        index = refused.unit_index
        unit = in_words(lambda: _("Unit %(number)d:") % {"number": index + 1})
        after = what_next(line) if line.paid_at is not None else ""
        raise Refusal(sentences(unit, told, after), unit=index, field="target") from refused


def _extended(extended: Extended, *, days: int) -> Feedback:
    if not extended.enrolments and not extended.seats:
        return Feedback()
    people = in_words(
        lambda: (
            ngettext("%(n)d enrolment was extended.", "%(n)d enrolments were extended.", extended.enrolments)
            % {"n": extended.enrolments}
        )
    )
    seats = in_words(
        lambda: (
            ngettext("%(n)d free seat was extended.", "%(n)d free seats were extended.", extended.seats)
            % {"n": extended.seats}
        )
    )
    told = sentences(people if extended.enrolments else "", seats if extended.seats else "", _each_unit(days))
    return Feedback(public=told, customer=told, sales=told)


def _each_unit(days: int) -> Text:
    return in_words(lambda: _("Each unit adds %(days)s.") % {"days": days_in_words(days)})

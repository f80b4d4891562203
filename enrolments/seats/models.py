from __future__ import annotations

import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from accounts.teams.models import Team
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.grounds.models import Enrolment
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.batches.models import usual_remind_days as usual_remind_days  # named so by a migration


class SeatState(models.TextChoices):
    AVAILABLE = "available", pgettext_lazy("seat", "Available")
    ASSIGNED = "assigned", pgettext_lazy("seat", "Assigned")
    CONSUMED = "consumed", pgettext_lazy("seat", "Consumed")
    EXPIRED = "expired", pgettext_lazy("seat", "Expired")
    REVOKED = "revoked", pgettext_lazy("seat", "Revoked")


# States of a seat that somebody has.
IN_USE = (SeatState.ASSIGNED, SeatState.CONSUMED)

# End of a seat's validity in a query, like `Seat.assignable_until`.
ASSIGNABLE_UNTIL = Coalesce("valid_until", "batch__valid_until")


def _is_valid(now: datetime.datetime) -> models.Q:
    of_batch = models.Q(batch__valid_until__isnull=True) | models.Q(batch__valid_until__gt=now)
    return models.Q(valid_until__gt=now) | models.Q(of_batch, valid_until__isnull=True)


def _is_over(now: datetime.datetime) -> models.Q:
    return models.Q(valid_until__lte=now) | models.Q(batch__valid_until__lte=now, valid_until__isnull=True)


def _is_lapsed(now: datetime.datetime) -> models.Q:
    return models.Q(state=SeatState.ASSIGNED, enter_before__lte=now)


def is_being(state: str, now: datetime.datetime) -> models.Q:
    """Make the condition of `SeatQuerySet.being`, for counts."""
    written, is_kept = models.Q(state=state), models.Q(people_list__isnull=False)
    if state == SeatState.AVAILABLE:
        return written & (_is_valid(now) | is_kept) | _is_lapsed(now) & _is_valid(now)
    if state == SeatState.ASSIGNED:
        return is_in(SeatState.ASSIGNED, now)
    if state == SeatState.EXPIRED:
        free = models.Q(~is_kept, state=SeatState.AVAILABLE)
        return written | (free | _is_lapsed(now)) & _is_over(now)
    return written


def is_in(state: str, now: datetime.datetime, *, seat: str = "") -> models.Q:
    """Make the condition that somebody has a seat, in one of the states of `IN_USE`; `seat` leads to it."""
    written = models.Q(**{f"{seat}state": state})
    if state != SeatState.ASSIGNED:
        return written
    in_time = models.Q(**{f"{seat}enter_before__isnull": True}) | models.Q(**{f"{seat}enter_before__gt": now})
    return in_time & written


def is_used(now: datetime.datetime, *, seat: str = "") -> models.Q:
    """Make the condition that somebody has a seat at a moment; `seat` leads to it."""
    return is_in(SeatState.ASSIGNED, now, seat=seat) | is_in(SeatState.CONSUMED, now, seat=seat)


class SeatQuerySet(models.QuerySet["Seat"]):
    """Predicates that hold at a moment, whether or not the jobs that write the states down have run until then."""

    def assignable_at(self, now: datetime.datetime) -> SeatQuerySet:
        """Keep free seats within their validity, kept for no list and not frozen; whether a course takes them is
        checked when one is chosen."""
        return self.valid_at(now).thawed().filter(state=SeatState.AVAILABLE, people_list__isnull=True)

    def thawed(self) -> Self:
        """Keep seats that are not frozen."""
        return self.filter(batch__frozen_for=[])

    def valid_at(self, now: datetime.datetime) -> SeatQuerySet:
        """Keep seats whose validity, their own or else their batch's, has no end or ends later."""
        return self.filter(_is_valid(now))

    def over_at(self, now: datetime.datetime) -> SeatQuerySet:
        """Keep seats whose validity is over: all others than `valid_at`."""
        return self.filter(_is_over(now))

    def enterable_at(self, now: datetime.datetime) -> Self:
        """Keep seats whose people have not entered the course and still may."""
        return self.thawed().filter(is_in(SeatState.ASSIGNED, now))

    def lapsed_at(self, now: datetime.datetime) -> SeatQuerySet:
        """Keep assigned seats whose people did not enter the course in time."""
        return self.filter(_is_lapsed(now))

    def being(self, state: str, now: datetime.datetime) -> Self:
        """Keep seats by the state they are in at a moment; `Seat.state_at` says the same of one seat.

        A seat that a list keeps is left to that list, though its validity is over.
        """
        return self.filter(is_being(state, now))

    def in_use_at(self, now: datetime.datetime) -> SeatQuerySet:
        """Keep seats that somebody has, but for those not entered in time."""
        return self.filter(is_used(now))

    def in_use(self) -> SeatQuerySet:
        return self.filter(state__in=IN_USE)

    def for_learners(self) -> Self:
        """Keep seats that a learner may have: declared for a learner, or for nobody."""
        return self.filter(models.Q(role__isnull=True) | models.Q(role__code=Role.STUDENT))


class Seat(models.Model):
    """Seat of one person in one course: both chosen when it is assigned, or the course fixed by its session.

    Moved by `enrolments.seats.moves` alone, by conditional updates; every move is a `SeatEvent`.
    """

    batch = models.ForeignKey(
        SeatBatch,
        on_delete=models.PROTECT,
        related_name="seats",
        db_index=False,
        verbose_name=_("seats of an order line"),
    )
    account = models.ForeignKey(
        CustomerAccount,
        on_delete=models.PROTECT,
        related_name="seats",
        db_index=False,
        verbose_name=_("customer account"),
    )
    # The line is the batch's, and `unit_index` the unit in it. The release before this one finds the unit by its row,
    # `unit_id`, and writes seats without an index: `enrolments.unit_rows`.
    unit_index = models.PositiveIntegerField(_("unit"), null=True, blank=True, help_text="From 0.")
    unit_id = models.BigIntegerField(null=True, blank=True, editable=False)
    number = models.PositiveIntegerField(_("number in the pack"))
    state = models.CharField(_("state"), max_length=10, choices=SeatState.choices)
    # Role that a session's seat was declared with; a seat without one takes a learner or a tutor.
    role = models.ForeignKey(
        Role,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("declared role"),
    )
    course = models.ForeignKey(
        Course,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="seats",
        db_index=False,
        verbose_name=_("course"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="seats",
        db_index=False,
        verbose_name=_("person"),
    )
    enrolment = models.ForeignKey(
        Enrolment,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="seats",
        db_index=False,
        verbose_name=pgettext_lazy("a person in a course", "enrolment"),
    )
    keeps_place = models.BooleanField(_("keeps its place"), default=False, db_default=False)
    # The list that keeps this free seat for one of its people, with a place in the course. No constraint ties it to the
    # state: the release before this one assigns such seats without a look at it. It is blank when the list is over.
    people_list = models.ForeignKey(
        "enrolments.PeopleList",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="kept_seats",
        db_index=False,
        verbose_name=_("kept for a list"),
    )
    # Team of the account that alone may use the seat.
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="seats",
        db_index=False,
        verbose_name=pgettext_lazy("of an account", "team"),
    )
    # A validity of its own, in place of its batch's: an extension bought for this seat alone.
    valid_until = models.DateTimeField(_("assignable until"), null=True, blank=True)
    assigned_at = models.DateTimeField(_("assigned"), null=True, blank=True)
    assigned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("assigned by"),
    )
    consumed_at = models.DateTimeField(_("consumed"), null=True, blank=True)
    # Set by each assignment, None where the seat was sold without such a term. No constraint ties it to the state: the
    # release before this one frees seats without a look at it, and each assignment sets it anew.
    enter_before = models.DateTimeField(_("to be entered before"), null=True, blank=True)

    objects = SeatQuerySet.as_manager()

    class Meta:
        verbose_name = _("seat")
        verbose_name_plural = _("seats")
        ordering = ("pk",)
        constraints = (
            # A batch is the seats of one line.
            models.UniqueConstraint(fields=["batch", "unit_index", "number"], name="enrolments_seat_of_unit_once"),
            models.UniqueConstraint(fields=["unit_id", "number"], name="enrolments_seat_unit_number"),
            models.CheckConstraint(
                condition=models.Q(unit_index__isnull=False) | models.Q(unit_id__isnull=False),
                name="enrolments_seat_has_unit",
            ),
            models.CheckConstraint(condition=models.Q(number__gte=1), name="enrolments_seat_number"),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["available", "expired", "revoked"],
                    person__isnull=True,
                    enrolment__isnull=True,
                    assigned_at__isnull=True,
                    assigned_by__isnull=True,
                    consumed_at__isnull=True,
                )
                | models.Q(
                    state="assigned",
                    person__isnull=False,
                    course__isnull=False,
                    enrolment__isnull=False,
                    assigned_at__isnull=False,
                    consumed_at__isnull=True,
                )
                | models.Q(
                    state="consumed",
                    person__isnull=False,
                    course__isnull=False,
                    enrolment__isnull=False,
                    assigned_at__isnull=False,
                    consumed_at__isnull=False,
                ),
                name="enrolments_seat_shape",
            ),
            models.CheckConstraint(
                condition=models.Q(keeps_place=False) | models.Q(state="available", course__isnull=False),
                name="enrolments_seat_keeps_place",
            ),
        )
        indexes = (
            models.Index(fields=["account", "state", "id"], name="enrolments_seat_account_state"),
            # For the list of all states: without this index an operator with old seats waits for all those sold since.
            models.Index(fields=["account", "id"], name="enrolments_seat_list"),
            # Few different keys, so the index is small: an account's counts are read from it alone.
            models.Index(fields=["account", "batch", "state", "course"], name="enrolments_seat_numbers"),
            models.Index(fields=["batch", "state", "id"], name="enrolments_seat_batch_state"),
            models.Index(
                fields=["person", "course"], condition=models.Q(person__isnull=False), name="enrolments_seat_person"
            ),
            models.Index(
                fields=["course"], condition=models.Q(keeps_place=True), name="enrolments_seat_keeps_place_of"
            ),
            models.Index(
                fields=["people_list"], condition=models.Q(people_list__isnull=False), name="enrolments_seat_kept_for"
            ),
            models.Index(
                fields=["team", "state", "id"], condition=models.Q(team__isnull=False), name="enrolments_seat_team"
            ),
            # For the search by course; seats of packs have none before they are assigned.
            models.Index(fields=["course"], condition=models.Q(course__isnull=False), name="enrolments_seat_of_course"),
            models.Index(
                fields=["enter_before"],
                condition=models.Q(state="assigned", enter_before__isnull=False),
                name="enrolments_seat_enter_before",
            ),
            models.Index(
                fields=["valid_until"],
                condition=models.Q(valid_until__isnull=False),
                name="enrolments_seat_valid_until",
            ),
        )

    def __str__(self) -> str:
        return f"{self.batch.order_number} · {self.pk}"

    def is_lapsed_at(self, now: datetime.datetime) -> bool:
        """Tell whether the seat is assigned to somebody who did not enter the course in time."""
        return self.state == SeatState.ASSIGNED and self.enter_before is not None and self.enter_before <= now

    def state_at(self, now: datetime.datetime) -> SeatState:
        """Return the state the seat is in at a moment, also where no job has written it down yet."""
        is_over = self.assignable_until is not None and self.assignable_until <= now
        is_free = self.state == SeatState.AVAILABLE and self.people_list_id is None
        if self.is_lapsed_at(now):
            return SeatState.EXPIRED if is_over else SeatState.AVAILABLE
        return SeatState.EXPIRED if is_free and is_over else SeatState(self.state)

    @property
    def assignable_until(self) -> datetime.datetime | None:
        """End of the seat's validity, its own or else its batch's; None without an end."""
        return self.valid_until or self.batch.valid_until

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from common.search import index_of_words
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role

# Days before seats end, or have to be entered, on which people are reminded unless the entry says others.
REMIND_DAYS = (90, 30, 7)


def usual_remind_days() -> list[int]:
    return list(REMIND_DAYS)


class FrozenFor(models.TextChoices):
    """Reason for which seats and enrolments of an order are frozen: nobody is placed, moved or let in, and no place is
    lost, until it is lifted."""

    WITHDRAWAL = "withdrawal", pgettext_lazy("reason to freeze an order", "withdrawal from the contract")
    DISPUTE = "dispute", pgettext_lazy("reason to freeze an order", "dispute of the payment")


class SeatBatch(models.Model):
    """Seats of one order line and the terms they were sold on, frozen: later edits of the entry do not change them.

    Seats of the line that the merchant gave to another customer account are a batch of that account, `given_from` the
    line's own.
    """

    class Source(models.TextChoices):
        PACK = "pack", pgettext_lazy("source of seats", "Unassigned seats")
        SESSION = "session", pgettext_lazy("source of seats", "Session")

    account = models.ForeignKey(
        CustomerAccount, on_delete=models.PROTECT, related_name="seat_batches", verbose_name=_("customer account")
    )
    order_id = models.BigIntegerField(_("order"), db_index=True)
    order_number = models.CharField(_("order number"), max_length=40)
    line_id = models.BigIntegerField(_("order line"))
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)
    entry_code = models.CharField(_("entry"), max_length=100)
    entry_name = models.JSONField(_("name of the entry"), default=dict, db_default={})
    course_list = models.TextField(_("courses"), blank=True)
    course = models.ForeignKey(
        Course,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="session_batches",
        verbose_name=_("course"),
    )
    group = models.ForeignKey(
        CourseGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="session_batches",
        verbose_name=_("course group"),
    )
    supervisor_role = models.ForeignKey(
        Role,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("role of the operator"),
    )
    duration_days = models.PositiveIntegerField(_("days of enrolment"), null=True, blank=True)
    qualification_months = models.PositiveSmallIntegerField(_("months of validity"), null=True, blank=True)
    starts_at = models.DateTimeField(_("enrolment starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("enrolment ends"), null=True, blank=True)
    valid_until = models.DateTimeField(_("assignable until"), null=True, blank=True)
    start_before_days = models.PositiveIntegerField(_("days in which to enter"), null=True, blank=True)
    remind_days = ArrayField(
        models.PositiveSmallIntegerField(),
        verbose_name=_("days before on which people are reminded"),
        default=usual_remind_days,
        db_default=usual_remind_days(),
        blank=True,
    )
    move_days_before = models.PositiveSmallIntegerField(
        _("days before the course until which people can be moved"), null=True, blank=True
    )
    sold_at = models.DateTimeField(_("sold"))
    # Written by `enrolments.seats.freezing` alone: reasons of FrozenFor, none while the seats are not frozen.
    frozen_for = ArrayField(
        models.CharField(max_length=12), verbose_name=_("frozen for"), default=list, db_default=[], blank=True
    )
    frozen_at = models.DateTimeField(_("frozen since"), null=True, blank=True)
    given_from = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="given",
        db_index=False,
        verbose_name=_("given from"),
    )

    class Meta:
        verbose_name = _("seats of an order line")
        verbose_name_plural = _("seats of order lines")
        ordering = ("pk",)
        permissions = (
            ("give_seats", _("Can give seats to another customer account")),
            ("lift_move_limit", _("Can let accounts move people at any time")),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["line_id"], condition=models.Q(given_from__isnull=True), name="enrolments_seatbatch_line"
            ),
            models.UniqueConstraint(
                fields=["given_from", "account"],
                condition=models.Q(given_from__isnull=False),
                name="enrolments_seatbatch_given_once",
            ),
            models.CheckConstraint(
                condition=models.Q(given_from__isnull=True) | models.Q(source="pack"),
                name="enrolments_seatbatch_given_pack",
            ),
            models.CheckConstraint(
                condition=models.Q(source="pack", course__isnull=True, group__isnull=True)
                | models.Q(source="session", course__isnull=False, group__isnull=False),
                name="enrolments_seatbatch_source_shape",
            ),
            models.CheckConstraint(
                condition=models.Q(frozen_for__contained_by=["withdrawal", "dispute"]),
                name="enrolments_seatbatch_frozen_for",
            ),
            models.CheckConstraint(
                condition=models.Q(frozen_for=[], frozen_at__isnull=True)
                | models.Q(~models.Q(frozen_for=[]), frozen_at__isnull=False),
                name="enrolments_seatbatch_frozen_since",
            ),
            models.CheckConstraint(
                condition=models.Q(duration_days__isnull=True) | models.Q(duration_days__gte=1),
                name="enrolments_seatbatch_duration",
            ),
            models.CheckConstraint(
                condition=models.Q(qualification_months__isnull=True) | models.Q(qualification_months__gte=1),
                name="enrolments_seatbatch_qualification",
            ),
            models.CheckConstraint(
                condition=models.Q(start_before_days__isnull=True) | models.Q(start_before_days__gte=1),
                name="enrolments_seatbatch_start_before",
            ),
        )
        indexes = (
            models.Index(
                fields=["valid_until"],
                condition=models.Q(valid_until__isnull=False),
                name="enrolments_batch_valid_until",
            ),
            index_of_words("order_number", "entry_code", name="enrolments_batch_words"),
            models.Index(fields=["order_number"], name="enrolments_batch_order_number"),
            models.Index(fields=["line_id"], name="enrolments_batch_line_id"),
        )

    def __str__(self) -> str:
        return f"{self.entry_code} · {self.order_number}"

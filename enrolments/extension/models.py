from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from enrolments.seats.models import Seat


class SeatExtensionQuerySet(models.QuerySet["SeatExtension"]):
    def live(self) -> SeatExtensionQuerySet:
        return self.filter(ended_at__isnull=True)

    def of_validity(self) -> SeatExtensionQuerySet:
        return self.filter(days__isnull=True)

    def of_access(self) -> SeatExtensionQuerySet:
        return self.filter(days__isnull=False)


class SeatExtension(models.Model):
    """Extension of one seat by one unit of an order line: for a seat what a ground is for an enrolment.

    Bought while the seat was free, it has a period: the seat's own validity ends with the last of its live ones
    (`enrolments.extension.services`). Bought while the seat was somebody's, it has `days`, of access: each person on
    the seat gets a ground of the order line with them (`enrolments.extension.on_seats`).
    """

    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="extensions", verbose_name=_("seat"))
    order_id = models.BigIntegerField(_("order"), db_index=True)
    order_number = models.CharField(_("order number"), max_length=40)
    line_id = models.BigIntegerField(_("order line"))
    unit_index = models.PositiveIntegerField(_("unit"), help_text="From 0.")
    starts_at = models.DateTimeField(_("starts"), null=True, blank=True)
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    days = models.PositiveIntegerField(_("days of access"), null=True, blank=True)
    created_at = models.DateTimeField(_("since"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_reason = models.CharField(_("reason"), max_length=200, blank=True, db_default="")

    objects = SeatExtensionQuerySet.as_manager()

    class Meta:
        verbose_name = _("extension of a seat")
        verbose_name_plural = _("extensions of seats")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=["line_id", "unit_index"], name="enrolments_seatextension_unit_once"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="enrolments_seatextension_period"
            ),
            models.CheckConstraint(
                condition=models.Q(days__isnull=True, starts_at__isnull=False, ends_at__isnull=False)
                | models.Q(days__isnull=False, days__gte=1, starts_at__isnull=True, ends_at__isnull=True),
                name="enrolments_seatextension_shape",
            ),
        )

    def __str__(self) -> str:
        return f"{self.order_number} · {self.seat_id}"

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from enrolments.seats.models import Seat


class SeatExtensionQuerySet(models.QuerySet["SeatExtension"]):
    def live(self) -> SeatExtensionQuerySet:
        return self.filter(ended_at__isnull=True)


class SeatExtension(models.Model):
    """Extension of one seat's validity by one unit of an order line: for a seat what a ground is for an enrolment.

    The seat's own validity ends with the last of its live extensions (`enrolments.extension.services`).
    """

    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="extensions", verbose_name=_("seat"))
    order_id = models.BigIntegerField(_("order"), db_index=True)
    order_number = models.CharField(_("order number"), max_length=40)
    line_id = models.BigIntegerField(_("order line"))
    unit_index = models.PositiveIntegerField(_("unit"), help_text="From 0.")
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
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
        )

    def __str__(self) -> str:
        return f"{self.order_number} · {self.seat_id}"

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from enrolments.seats.batches.models import SeatBatch


class UsedUp(models.Model):
    """Fact that the seats of an entry were used up to `percent` while `batch` was the last bought, and was told.

    One row for a batch and threshold: seats freed and taken again are not told again, seats bought later are.
    """

    batch = models.ForeignKey(
        SeatBatch, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("seats of an order line")
    )
    percent = models.PositiveSmallIntegerField(_("used, in %"))
    at = models.DateTimeField(_("when"), db_default=Now())

    objects: ClassVar[models.Manager[UsedUp]] = models.Manager()

    class Meta:
        verbose_name = _("seats nearly used up")
        verbose_name_plural = _("seats nearly used up")
        ordering = ("pk",)
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["batch", "percent"], name="enrolments_usedup_once"),
            models.CheckConstraint(condition=models.Q(percent__in=[80, 100]), name="enrolments_usedup_percent"),
        )

    def __str__(self) -> str:
        return f"{self.batch} · {self.percent} %"

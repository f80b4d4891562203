from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.moments import in_shop_zone
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat


class Reminder(models.Model):
    """Reminder of a date, some days before it: written with the mail that tells it, so that nobody reads it twice.

    `ends_at` is the date and `days` the step: a date that moves is reminded of anew.
    """

    class Kind(models.TextChoices):
        SEATS = "seats", pgettext_lazy("reminder", "Free seats about to end")
        BLANKS = "blanks", pgettext_lazy("reminder", "Seats of a session to fill")
        ENTRY = "entry", pgettext_lazy("reminder", "Course not entered yet")

    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("person")
    )
    batch = models.ForeignKey(
        SeatBatch,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("seats of an order line"),
    )
    seat = models.ForeignKey(
        Seat,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("seat"),
    )
    ends_at = models.DateTimeField(_("date reminded of"))
    days = models.PositiveSmallIntegerField(_("days before"))
    sent_on = models.DateField(_("sent"))

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ("pk",)
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(
                fields=["user", "batch", "kind", "ends_at", "days"],
                condition=models.Q(batch__isnull=False),
                name="enrolments_reminder_batch_once",
            ),
            models.UniqueConstraint(
                fields=["user", "seat", "ends_at", "days"],
                condition=models.Q(seat__isnull=False),
                name="enrolments_reminder_seat_once",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["seats", "blanks"], batch__isnull=False, seat__isnull=True)
                | models.Q(kind="entry", batch__isnull=True, seat__isnull=False),
                name="enrolments_reminder_shape",
            ),
        )
        indexes = (
            models.Index(fields=["user", "sent_on"], name="enrolments_reminder_of_day"),
            models.Index(fields=["ends_at"], name="enrolments_reminder_ends_at"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {in_shop_zone(self.ends_at):%Y-%m-%d}"

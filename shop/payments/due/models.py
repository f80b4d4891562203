"""Reminders of parts of orders that are due, written with the mail that tells them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DueReminder(models.Model):
    """Reminder of the day on which a payment request is due: one row for each step, so that nobody reads it twice.

    `step` is in days after that day, below zero before it. A day that moves is reminded of anew.
    """

    request = models.ForeignKey(
        "shop.PaymentRequest", on_delete=models.PROTECT, related_name="reminders", db_index=False
    )
    due_on = models.DateField(_("due on"))
    step = models.SmallIntegerField(_("days after"))
    sent_on = models.DateField(_("sent"))

    class Meta:
        verbose_name = _("reminder of a payment")
        verbose_name_plural = _("reminders of payments")
        ordering = ("pk",)
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=("request", "due_on", "step"), name="shop_duereminder_once"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.step:+}"

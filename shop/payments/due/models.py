"""Reminders of parts of orders that are due, written with the mail that tells them, and what holds them up."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shop.payments.requests.models import PaymentRequest


class DueReminder(models.Model):
    """Reminder of the day on which a payment request is due: one row for each step, so that nobody reads it twice.

    A day that moves is reminded of anew.
    """

    class Step(models.IntegerChoices):
        SOON = 0, pgettext_lazy("step of reminders", "before the day")
        FIRST = 1, pgettext_lazy("step of reminders", "first reminder")
        SECOND = 2, pgettext_lazy("step of reminders", "second reminder")
        LAST = 3, pgettext_lazy("step of reminders", "last reminder")

    request = models.ForeignKey(
        "shop.PaymentRequest", on_delete=models.PROTECT, related_name="reminders", db_index=False
    )
    due_on = models.DateField(_("due on"))
    step = models.SmallIntegerField(pgettext_lazy("reminder", "step"), choices=Step.choices)
    sent_on = models.DateField(_("sent"))

    class Meta:
        verbose_name = _("reminder of a payment")
        verbose_name_plural = _("reminders of payments")
        ordering = ("pk",)
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=("request", "due_on", "step"), name="shop_duereminder_once"),
            models.CheckConstraint(condition=Q(step__in=(0, 1, 2, 3)), name="shop_duereminder_step_known"),
        ]

    def __str__(self) -> str:
        return f"{self.request_id} {self.get_step_display()}"


class ReminderPause(models.Model):
    """Pause of the reminders of one order, or of all orders of an account, with its reason. Ended ones are kept, as the
    history."""

    REASON_LENGTH = 300

    order = models.ForeignKey("shop.Order", on_delete=models.PROTECT, null=True, related_name="reminder_pauses")
    account = models.ForeignKey(
        "accounts.CustomerAccount", on_delete=models.PROTECT, null=True, related_name="reminder_pauses"
    )
    reason = models.CharField(_("reason"), max_length=REASON_LENGTH)
    begun_at = models.DateTimeField(_("since"))
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(_("ended"), null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("pause of reminders")
        verbose_name_plural = _("pauses of reminders")
        ordering = ("pk",)
        default_permissions = ()
        permissions = [("pause_reminders", _("Can pause reminders of payments"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(order__isnull=False, account__isnull=True) | Q(order__isnull=True, account__isnull=False),
                name="shop_reminderpause_of_one",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="shop_reminderpause_reason_given"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="shop_reminderpause_ended_by_one",
            ),
            models.UniqueConstraint(
                fields=("order",), condition=Q(ended_at__isnull=True), name="shop_reminderpause_one_of_order"
            ),
            models.UniqueConstraint(
                fields=("account",), condition=Q(ended_at__isnull=True), name="shop_reminderpause_one_of_account"
            ),
        ]

    def __str__(self) -> str:
        return self.reason

    @property
    def is_of_account(self) -> bool:
        return self.account_id is not None


class DuePart(PaymentRequest):
    """Payment request with a last day, as the list of due parts shows it."""

    objects: ClassVar[models.Manager[DuePart]] = models.Manager()

    class Meta:
        proxy = True
        verbose_name = _("due part")
        verbose_name_plural = _("due parts")
        ordering = ("due_on", "pk")
        default_permissions = ("view",)

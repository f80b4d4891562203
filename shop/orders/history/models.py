from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.orders.models import Order


class OrderEvent(models.Model):
    """Event in an order's history: who, when, from, to, why. Append-only."""

    class What(models.TextChoices):
        PLACED = "placed", _("order placed")
        METHOD_CHOSEN = "method_chosen", _("payment method chosen")
        PAID = "paid", _("payment received")
        PLANNED = "planned", _("money asked for in parts")
        PROMISED = "promised", _("promise of payment accepted")
        PART_PAID = "part_paid", _("part of the payment received")
        CHARGED_BACK = "charged_back", _("payment taken back by the bank")
        DECLINED = "declined", _("payment declined")
        MONEY_RECORDED = "money_recorded", _("money recorded, order unchanged")
        MONEY_HANDLED = "money_handled", _("payment resolved")
        MONEY_REOPENED = "money_reopened", _("payment reopened")
        LINE_FULFILLED = "line_fulfilled", _("line delivered")
        LINE_FAILED = "line_failed", _("line failed")
        LINE_RETRIED = "line_retried", _("delivery tried again")
        COMPLETED = "completed", _("order completed")
        CLAIMED = "claimed", _("order claimed")
        OPERATOR_REPLACED = "operator_replaced", _("operator replaced by an owner")
        UNITS_GIVEN_BACK = "units_given_back", _("units given back")
        CANCELLED = "cancelled", _("order cancelled")
        EXPIRED = "expired", _("order expired unpaid")
        REFUNDED = "refunded", _("everything given back")
        PAID_BACK = "paid_back", _("amount paid back")
        OWED_AGAIN = "owed_again", _("amount owed again")
        REFUND_ASKED = "refund_asked", _("refund sent on its way")
        REFUND_FAILED = "refund_failed", _("refund failed, amount owed again")
        ADDRESS_PROVED = "address_proved", _("address proved")
        PLACES_RELEASED = "places_released", _("places released")
        PLACES_RETAKEN = "places_retaken", _("places taken again")
        BILLING_CORRECTED = "billing_corrected", _("billing data corrected")
        SERVICE_RENDERED = "service_rendered", _("service rendered, invoice issued")
        SECOND_PERSON = "second_person", _("approved by a second person")
        WITHDRAWN = "withdrawn", _("customer withdrew from the contract")
        FROZEN = "frozen", _("seats and delivery frozen")
        UNFROZEN = "unfrozen", _("no longer frozen")
        SEALED = "sealed", _("closed to accounting")
        BLANKED = "blanked", _("personal data blanked")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    what = models.CharField(_("what"), max_length=20, choices=What.choices)
    from_status = models.CharField(_("from"), max_length=10, blank=True)
    to_status = models.CharField(_("to"), max_length=10, blank=True)
    detail = models.JSONField(_("detail"), default=dict, db_default={})

    class Meta:
        verbose_name = _("order event")
        verbose_name_plural = _("order events")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.what} {self.order_id}"

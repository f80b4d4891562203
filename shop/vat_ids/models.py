"""VAT numbers asked of VIES, the register of the Union."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class VatCheck(models.Model):
    """Question to VIES about a VAT number, and its answer: of an order, as evidence of how it was taxed, or of a number
    typed before there is an order, one row for each number.

    `digest` is that of the number (`shop.vat_ids.selectors.digest_of`), which itself stands on the order alone.
    """

    class State(models.TextChoices):
        ASKED = "asked", pgettext_lazy("VAT number", "not answered yet")
        VALID = "valid", pgettext_lazy("VAT number", "valid")
        INVALID = "invalid", pgettext_lazy("VAT number", "not valid")
        UNANSWERED = "unanswered", pgettext_lazy("VAT number", "never answered")

    order = models.OneToOneField("shop.Order", on_delete=models.PROTECT, null=True, related_name="vat_check")
    digest = models.CharField(max_length=64)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.ASKED, db_default=State.ASKED
    )
    asked_at = models.DateTimeField(_("asked"))
    answered_at = models.DateTimeField(_("answered"), null=True)
    looked_at = models.DateTimeField(_("looked at"), null=True)
    looked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    consultation_number = models.CharField(_("consultation number"), max_length=40, blank=True, db_default="")

    objects: ClassVar[models.Manager[VatCheck]] = models.Manager()

    class Meta:
        verbose_name = _("check of a VAT number")
        verbose_name_plural = _("checks of VAT numbers")
        ordering = ("pk",)
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=("asked", "valid", "invalid", "unanswered")), name="shop_vatcheck_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("valid", "invalid")) | Q(answered_at__isnull=False),
                name="shop_vatcheck_answer_has_time",
            ),
            models.CheckConstraint(
                condition=Q(looked_at__isnull=True, looked_by__isnull=True)
                | Q(looked_at__isnull=False, looked_by__isnull=False, order__isnull=False),
                name="shop_vatcheck_looked_at_by_somebody",
            ),
            models.UniqueConstraint(
                fields=("digest",), condition=Q(order__isnull=True), name="shop_vatcheck_once_before_an_order"
            ),
        ]
        indexes = [
            models.Index(fields=("digest",), name="shop_vatcheck_number"),
            models.Index(
                fields=("order",),
                condition=Q(state__in=("invalid", "unanswered"), looked_at__isnull=True),
                name="shop_vatcheck_to_tell",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id or self.digest[:8]}: {self.get_state_display()}"

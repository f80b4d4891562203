"""Rule by which second charges are sent back without asking the merchant."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class SecondChargeRule(models.Model):
    """Period in which second charges go back by themselves; without an end it stands, and at most one does.

    `on_by` answers for what is sent meanwhile. Ended by a second timestamp, never deleted.
    """

    on_at = models.DateTimeField(_("switched on"))
    on_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("switched on by")
    )
    off_at = models.DateTimeField(_("switched off on"), null=True)
    off_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+",
        verbose_name=_("switched off by"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("rule for second charges")
        verbose_name_plural = _("rule for second charges")
        ordering = ("-pk",)
        default_permissions = ("view",)
        permissions = (("rule_second_charges", _("Can have second charges sent back without asking")),)
        constraints = [
            models.UniqueConstraint(
                models.ExpressionWrapper(Q(off_at__isnull=True), output_field=models.BooleanField()),
                condition=Q(off_at__isnull=True),
                name="shop_secondchargerule_one_stands",
            ),
            models.CheckConstraint(
                condition=Q(off_at__isnull=True, off_by__isnull=True)
                | Q(off_at__isnull=False, off_at__gte=F("on_at"), off_by__isnull=False),
                name="shop_secondchargerule_ended_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return str(_("rule for second charges"))

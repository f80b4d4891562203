"""Rates of value added tax."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Tax(models.Model):
    """A rate in per cent. Sold lines freeze the rate, so a change here touches future sales only."""

    name = models.CharField(_("name"), max_length=100)
    rate = models.DecimalField(
        _("rate in %"),
        max_digits=5,
        decimal_places=2,
        default=Decimal("20.00"),
        db_default=Decimal("20.00"),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
    )

    objects: ClassVar[models.Manager[Tax]] = models.Manager()

    class Meta:
        verbose_name = _("tax")
        verbose_name_plural = _("taxes")
        ordering = ["-rate", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(rate__gte=0, rate__lte=100),
                name="catalog_tax_rate_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}"

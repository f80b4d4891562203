"""Notes of staff on an order or on a customer account. Append-only."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Note(models.Model):
    """Note about one order, or about one customer account; customers never read it."""

    TEXT_LENGTH = 2_000

    order = models.ForeignKey("shop.Order", on_delete=models.PROTECT, null=True, related_name="notes")
    account = models.ForeignKey("accounts.CustomerAccount", on_delete=models.PROTECT, null=True, related_name="notes")
    text = models.TextField(_("note"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        verbose_name = pgettext_lazy("by staff", "note")
        verbose_name_plural = _("notes")
        ordering = ("-pk",)
        constraints = [
            models.CheckConstraint(
                condition=Q(order__isnull=True, account__isnull=False) | Q(order__isnull=False, account__isnull=True),
                name="shop_note_about_one",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="shop_note_says_something"),
        ]

    def __str__(self) -> str:
        return self.text[:60]

"""Settings of payment providers that the merchant typed in the administration."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.payments.labels import METHOD_LABELS

PROBLEM_LENGTH = 60
ACCOUNT_LENGTH = 120


class ProviderSettings(models.Model):
    """A payment method as the merchant has set it: whether customers are offered it, and the keys of its provider.

    `plain` holds the settings that may be shown, `secret` all others, encrypted together as JSON; both are empty until
    keys were saved, at `keys_at`. `checked_at`, `problem`, `account` and `is_test` tell of the last call by which the
    keys in force were tried: `problem` is a code, "" if they work.
    """

    class Offer(models.TextChoices):
        AS_SET = "", _("as PAYMENT_PROVIDERS says")
        YES = "yes", _("yes")
        NO = "no", _("no")

    name = models.CharField(_("payment method"), max_length=30)
    offer = models.CharField(
        _("offered to customers"),
        max_length=3,
        choices=Offer,
        default=Offer.AS_SET,
        db_default=Offer.AS_SET,
        blank=True,
    )
    plain = models.JSONField(default=dict, db_default={}, blank=True)
    secret = models.TextField(default="", db_default="", blank=True)
    keys_at = models.DateTimeField(_("keys saved"), null=True, blank=True)
    keys_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    checked_at = models.DateTimeField(_("connection checked"), null=True, blank=True)
    problem = models.CharField(_("problem"), max_length=PROBLEM_LENGTH, default="", db_default="", blank=True)
    account = models.CharField(_("account"), max_length=ACCOUNT_LENGTH, default="", db_default="", blank=True)
    is_test = models.BooleanField(null=True, blank=True)

    objects: ClassVar[models.Manager[ProviderSettings]] = models.Manager()

    class Meta:
        verbose_name = _("payment method")
        verbose_name_plural = _("payment methods")
        ordering = ("pk",)
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(fields=("name",), name="shop_providersettings_name_once"),
            models.CheckConstraint(condition=Q(offer__in=("", "yes", "no")), name="shop_providersettings_offer_known"),
            models.CheckConstraint(
                condition=Q(keys_at__isnull=True, secret="", plain={}) | Q(keys_at__isnull=False),
                name="shop_providersettings_keys_dated",
            ),
            models.CheckConstraint(
                condition=Q(checked_at__isnull=True, problem="", account="") | Q(checked_at__isnull=False),
                name="shop_providersettings_check_dated",
            ),
        ]

    def __str__(self) -> str:
        return METHOD_LABELS.of(self.name)

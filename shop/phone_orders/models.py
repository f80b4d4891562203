"""Orders that staff enter for a customer, by telephone for instance, until the customer accepts them."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.tokens import derive_token

TOKEN_PURPOSE = "phone order"  # noqa: S105


def new_nonce() -> str:
    """Return 128 random bits, safe in an address."""
    return secrets.token_urlsafe(16)


class PhoneOrderQuerySet(models.QuerySet["PhoneOrder"]):
    def waiting(self) -> PhoneOrderQuerySet:
        """Return those that are not placed yet."""
        return self.filter(order__isnull=True)

    def to_finish(self, now: datetime) -> PhoneOrderQuerySet:
        """Return those that wait for staff: not placed, and without a link that still works."""
        return self.waiting().filter(Q(expires_at__isnull=True) | Q(expires_at__lte=now))

    def with_customer(self, now: datetime) -> PhoneOrderQuerySet:
        """Return those that wait for the customer, who has a link that works."""
        return self.waiting().filter(expires_at__gt=now)


class PhoneOrder(models.Model):
    """Order entered by staff. Its cart holds lines, units and details; the mailed link is derived, its hash stored.

    `order` is set when the customer has accepted: by the link, or by the note of staff in `how`, `accepted_on` and
    `noted_by`.
    """

    cart = models.OneToOneField("shop.Cart", on_delete=models.PROTECT, related_name="phone_order")
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+",
        verbose_name=_("buyer"), help_text="Empty for a new customer.",
    )  # fmt: skip
    language = models.CharField(_("language"), max_length=5)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("entered by")
    )
    entered_at = models.DateTimeField(_("entered"), db_default=Now())
    nonce = models.CharField(max_length=22)
    token_hash = models.CharField(max_length=64, unique=True)
    sent_to = models.EmailField(_("link sent to"), blank=True, default="", db_default="")
    sent_at = models.DateTimeField(_("link sent"), null=True)
    expires_at = models.DateTimeField(_("link works until"), null=True)
    order = models.OneToOneField(
        "shop.Order", on_delete=models.PROTECT, null=True, related_name="phone_order", verbose_name=_("order")
    )
    how = models.CharField(_("how the customer accepted"), max_length=500, blank=True, default="", db_default="")
    accepted_on = models.DateField(_("accepted on"), null=True)
    noted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("noted by")
    )

    objects = PhoneOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order by telephone")
        verbose_name_plural = _("orders by telephone")
        ordering = ("-pk",)
        default_permissions = ("view",)
        permissions = (("enter_order", _("Can enter an order for a customer")),)
        constraints = [
            models.CheckConstraint(
                condition=Q(how="", accepted_on__isnull=True, noted_by__isnull=True)
                | (~Q(how="") & Q(accepted_on__isnull=False, noted_by__isnull=False, order__isnull=False)),
                name="shop_phoneorder_note_whole",
            ),
            models.CheckConstraint(
                condition=Q(sent_to="", sent_at__isnull=True, expires_at__isnull=True)
                | (~Q(sent_to="") & Q(sent_at__isnull=False, expires_at__isnull=False)),
                name="shop_phoneorder_link_whole",
            ),
        ]

    def __str__(self) -> str:
        return str(self.order or self.pk)

    @property
    def token(self) -> str:
        """Token of the mailed link, 256 bits."""
        return derive_token(TOKEN_PURPOSE, self.cart_id, self.nonce, stored_hash=self.token_hash)

    def is_link_open(self, now: datetime) -> bool:
        return self.expires_at is not None and now < self.expires_at

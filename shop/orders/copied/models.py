"""Billing data of orders whose customer was erased, kept for their invoices."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.search import index_of_words, search_column
from shop.orders.copied.columns import Copied


class KeptBilling(Copied):
    """Copy that an order had of an erased customer, moved here so that no page, search or export of orders finds it.

    Read by accounting staff alone. Deleted once nothing needs it; written by `shop.orders.copied.services`.
    """

    order = models.OneToOneField("shop.Order", on_delete=models.PROTECT, related_name="kept_billing")
    kept_at = models.DateTimeField(_("kept since"))
    search_text = search_column(
        "contact_name", "contact_email", "billing_name", "billing_city", "payer_email", "purchase_reference"
    )

    class Meta:
        verbose_name = _("billing data of an erased customer")
        verbose_name_plural = _("billing data of erased customers")
        default_permissions = ("view",)
        indexes = [index_of_words("search_text", name="shop_keptbilling_words")]

    def __str__(self) -> str:
        return str(self.order_id)

"""Columns of an order that copy what a customer typed about people."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.postal import PostalAddress


class Copied(models.Model):
    """Names and addresses that an order copies. The country stays with the order: the sales of a country name
    nobody."""

    contact_email = models.EmailField(_("contact address"))
    contact_name = models.CharField(_("contact name"), max_length=200, blank=True)
    billing_name = models.CharField(_("billing name"), max_length=200)
    billing_street = models.CharField(_("street"), max_length=200)
    billing_postal_code = models.CharField(_("postal code"), max_length=20)
    billing_city = models.CharField(_("city"), max_length=100)
    vat_id = models.CharField(_("VAT id"), max_length=20, blank=True)
    payer_email = models.EmailField(_("payer's address"), blank=True)
    purchase_reference = models.CharField(_("purchase-order reference"), max_length=60, blank=True)

    class Meta:
        abstract = True

    @property
    def billing_address(self) -> PostalAddress:
        return PostalAddress.of(self, prefix="billing_")


COPIED = tuple(field.name for field in Copied._meta.fields)
CONTACT = ("contact_email", "contact_name")
# Which visitor placed the order is a digest of the visitor's address.
TAKEN_OFF = (*COPIED, "visitor_key")
HOLDS_NOBODY = Q(**dict.fromkeys(TAKEN_OFF, ""))

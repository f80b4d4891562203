"""Columns of an order that copy what a customer typed about people."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.members.models import SERVICE_CODE_LENGTH
from common.postal import PostalAddress
from common.register_numbers import MAX_REGISTER_NUMBER_LENGTH

COMMITMENT_LENGTH = 50


class Copied(models.Model):
    """Names and addresses that an order copies. The country stays with the order: the sales of a country name
    nobody."""

    contact_email = models.EmailField(_("contact address"))
    contact_name = models.CharField(_("contact name"), max_length=200, blank=True)
    billing_name = models.CharField(_("billing name"), max_length=200)
    billing_street = models.CharField(_("street"), max_length=200)
    billing_postal_code = models.CharField(_("postal code"), max_length=20)
    billing_city = models.CharField(_("city"), max_length=100)
    register_number = models.CharField(
        _("SIRET or registration number"),
        max_length=MAX_REGISTER_NUMBER_LENGTH,
        blank=True,
        default="",
        db_default="",
    )
    vat_id = models.CharField(_("VAT id"), max_length=20, blank=True)
    service_code = models.CharField(
        _("service code"), max_length=SERVICE_CODE_LENGTH, blank=True, default="", db_default=""
    )
    commitment_number = models.CharField(
        _("commitment number"), max_length=COMMITMENT_LENGTH, blank=True, default="", db_default=""
    )
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
# Columns that the release before does not know, and so leaves filled: `shop.orders.copied.tidying` empties them.
YOUNG = ("register_number", "service_code", "commitment_number")
HOLDS_NOBODY = Q(**{name: "" for name in TAKEN_OFF if name not in YOUNG})

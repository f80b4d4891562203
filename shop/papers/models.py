"""Amounts that documents have invoiced of order lines, and papers that an order still lacks.

Triggers keep what no column can: the documents of a line never sum to less than nothing, nor to more than it was sold
for.
"""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

# Fault of an invoice that lacks nothing, and waits until the service is rendered.
AFTER_SERVICE = "after_service"
# Fault of a credit note whose invoice was emptied, ten years after its year.
NO_LONGER_KEPT = "no_longer_kept"


class MissingPaper(models.Model):
    """Invoice or credit note of an order that could not be issued, or waits for the service. Deleted by the transaction
    that issues it, or in which nothing lacks any more.

    `faults` are codes of `documents.invoices.checking`, `AFTER_SERVICE`, or `NO_LONGER_KEPT`.
    """

    order = models.OneToOneField(
        "shop.Order", on_delete=models.PROTECT, related_name="missing_paper", verbose_name=_("order")
    )
    faults = ArrayField(models.CharField(max_length=60), verbose_name=_("what is missing"))
    since = models.DateTimeField(_("since"))

    objects: ClassVar[models.Manager[MissingPaper]] = models.Manager()

    class Meta:
        verbose_name = _("missing invoice")
        verbose_name_plural = _("missing invoices")
        ordering = ("pk",)
        default_permissions = ("view",)
        permissions = [("issue_papers", _("Can issue invoices by hand"))]

    def __str__(self) -> str:
        return str(self.order_id)

    @property
    def waits_for_service(self) -> bool:
        """Tell whether nothing is missing but the end of the service."""
        return self.faults == [AFTER_SERVICE]

    @property
    def shown(self) -> str:
        """Return what a page shows of it, as its form posts it back."""
        return " ".join(self.faults)


class InvoicedLine(models.Model):
    """Amount that a document invoices of an order line, in the order's currency; below zero in credit notes.

    Each line that a document prints has a row, in the same order, be it of zero. A final invoice prints whole lines and
    has here the rest that its deposit invoices left. Written with the document, never changed, and deleted with it.
    """

    document = models.ForeignKey(
        "documents.Document", on_delete=models.CASCADE, db_index=False, related_name="invoiced_lines"
    )
    line = models.ForeignKey("shop.OrderLine", on_delete=models.PROTECT, related_name="invoiced")
    net = models.DecimalField(_("net"), max_digits=12, decimal_places=2)
    tax = models.DecimalField(_("tax"), max_digits=12, decimal_places=2)
    gross = models.DecimalField(_("gross"), max_digits=12, decimal_places=2)

    objects: ClassVar[models.Manager[InvoicedLine]] = models.Manager()

    class Meta:
        verbose_name = _("invoiced line")
        verbose_name_plural = _("invoiced lines")
        ordering = ("pk",)
        default_permissions = ()
        permissions = [("correct_papers", _("Can take documents back and issue them anew"))]
        constraints = [
            models.UniqueConstraint(fields=("document", "line"), name="shop_invoicedline_once"),
            models.CheckConstraint(
                condition=Q(gross=F("net") + F("tax")), name="shop_invoicedline_gross_is_net_plus_tax"
            ),
            models.CheckConstraint(
                condition=Q(net__gte=0, tax__gte=0) | Q(net__lte=0, tax__lte=0), name="shop_invoicedline_one_sign"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_id}/{self.line_id}"

    @classmethod
    def of(cls, line_id: int, net: Decimal, tax: Decimal, *, document_id: int) -> InvoicedLine:
        """Return an unsaved row of a line."""
        return cls(document_id=document_id, line_id=line_id, net=net, tax=tax, gross=net + tax)

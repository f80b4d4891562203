"""Papers that an order still lacks, since something that they must say is missing."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class MissingPaper(models.Model):
    """Invoice of a settled order that could not be issued. Deleted by the transaction that issues it.

    `faults` are codes of `documents.invoices.checking`.
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

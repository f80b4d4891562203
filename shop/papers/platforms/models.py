"""Documents sent to an approved platform, and what became of each."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shop.papers.platforms.registry import known
from shop.payments.configured.models import ProviderSettings


class DocumentSending(models.Model):
    """Sending of a document, written before the platform is called: one for each document, so that none is sent twice.

    `key` goes with the call: after a crash the platform is asked for it first. `reference` is the platform's name of
    the document, "" until it has answered. `code` is the last status code of the reform, `reasons` are codes too; the
    code of one that waits says why.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("sending of a document", "to be sent")
        SENT = "sent", pgettext_lazy("sending of a document", "sent")
        DEPOSITED = "deposited", pgettext_lazy("sending of a document", "deposited")
        RECEIVED = "received", pgettext_lazy("sending of a document", "received")
        APPROVED = "approved", pgettext_lazy("sending of a document", "approved")
        REFUSED = "refused", pgettext_lazy("sending of a document", "refused")
        PAID = "paid", pgettext_lazy("sending of a document", "paid")

    document = models.OneToOneField(
        "documents.Document", on_delete=models.CASCADE, related_name="sending", verbose_name=_("document")
    )
    platform = models.CharField(_("platform"), max_length=30)
    key = models.UUIDField(_("key"), default=uuid.uuid4)
    state = models.CharField(
        _("state"), max_length=9, choices=State.choices, default=State.WAITING, db_default=State.WAITING
    )
    reference = models.CharField(_("reference"), max_length=120, default="", db_default="", blank=True)
    code = models.CharField(_("status code"), max_length=20, default="", db_default="", blank=True)
    reasons = models.CharField(_("reasons"), max_length=120, default="", db_default="", blank=True)
    asked_at = models.DateTimeField(_("to be sent since"))
    told_at = models.DateTimeField(_("last news"), null=True)

    objects: ClassVar[models.Manager[DocumentSending]] = models.Manager()

    class Meta:
        verbose_name = _("document at the platform")
        verbose_name_plural = _("documents at the platform")
        ordering = ("-pk",)
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=("key",), name="shop_documentsending_key_once"),
            models.UniqueConstraint(
                fields=("platform", "reference"), condition=~Q(reference=""), name="shop_documentsending_reference_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("waiting", "sent", "deposited", "received", "approved", "refused", "paid")),
                name="shop_documentsending_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("waiting", "refused")) | ~Q(reference=""),
                name="shop_documentsending_sent_has_reference",
            ),
        ]
        indexes = [
            models.Index(fields=("state",), condition=Q(state="refused"), name="shop_documentsending_refused"),
            models.Index(fields=("told_at",), condition=Q(state="waiting"), name="shop_documentsending_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.platform} · {self.reference or self.key}"


class PlatformRows(models.Manager["PlatformSettings"]):
    def get_queryset(self) -> models.QuerySet[PlatformSettings]:
        """Return the rows of the platforms of this installation."""
        return super().get_queryset().filter(name__in=[platform.name for platform in known()])


class PlatformSettings(ProviderSettings):
    """Row of the settings of outside services that is a platform's, as the administration shows it."""

    objects: ClassVar[PlatformRows] = PlatformRows()

    class Meta:
        proxy = True
        verbose_name = _("approved platform")
        verbose_name_plural = _("approved platforms")
        ordering = ("pk",)
        default_permissions = ("view", "change")

    def __str__(self) -> str:
        return self.name

"""Bank accounts to which money goes back by transfer, and the files of transfers for the merchant's bank."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from common.secrets import Purpose, decrypt


class PayeeAccount(models.Model):
    """Bank account to which money goes back. `secrets` holds the holder and the IBAN, encrypted; {} once blanked.

    `ends_with` are the last four characters of the IBAN, by which people know it again.
    """

    NAME_LENGTH = 70

    secrets = models.JSONField(_("holder and IBAN, encrypted"), default=dict, db_default={})
    ends_with = models.CharField(_("IBAN ends with"), max_length=4, blank=True, db_default="")
    order = models.ForeignKey(
        "shop.Order", on_delete=models.PROTECT, null=True, related_name="payee_accounts", verbose_name=_("order")
    )
    typed_at = models.DateTimeField(_("typed"))
    typed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("typed by")
    )

    class Meta:
        verbose_name = _("bank account to pay back to")
        verbose_name_plural = _("bank accounts to pay back to")
        ordering = ("pk",)
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(secrets={}, ends_with="") | ~Q(secrets={}) & Q(ends_with__regex="^[A-Z0-9]{4}$"),
                name="shop_payeeaccount_whole_or_blank",
            )
        ]

    def __str__(self) -> str:
        return self.masked

    @property
    def is_blank(self) -> bool:
        return not self.secrets

    @property
    def masked(self) -> str:
        """IBAN as pages show it: its end alone."""
        return f"•••• {self.ends_with}" if self.ends_with else "–"

    @property
    def in_words(self) -> str:
        """Holder and masked IBAN, for staff."""
        return f"{self.holder}, {self.masked}"

    @property
    def holder(self) -> str:
        return self._read("holder")

    @property
    def iban(self) -> str:
        return self._read("iban")

    def _read(self, name: str) -> str:
        return decrypt(self.secrets[name], Purpose.BANK_ACCOUNT) if self.secrets else ""


class TransferFile(models.Model):
    """File of transfers for the merchant's bank: the refunds that name it. It is made anew from them, always alike, so
    that the bank knows a file that it gets twice by its `message_id`."""

    message_id = models.CharField(_("message"), max_length=35)
    made_at = models.DateTimeField(_("made"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("made by")
    )
    execute_on = models.DateField(_("to be executed on"))
    sent_at = models.DateTimeField(_("given to the bank"), null=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("given by")
    )
    discarded_at = models.DateTimeField(_("discarded"), null=True)

    class Meta:
        verbose_name = _("transfer file")
        verbose_name_plural = _("transfer files")
        ordering = ("-pk",)
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=("message_id",), name="shop_transferfile_message_once"),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True, sent_by__isnull=True)
                | Q(sent_at__isnull=False, sent_at__gte=F("made_at"), sent_by__isnull=False, discarded_at__isnull=True),
                name="shop_transferfile_sent_or_discarded",
            ),
        ]

    def __str__(self) -> str:
        return self.message_id

    @property
    def is_open(self) -> bool:
        """Tell whether nobody has given the file to the bank yet, nor discarded it."""
        return self.sent_at is None and self.discarded_at is None


def new_message_id() -> str:
    """Return a name for a file that no other has: 32 characters."""
    return uuid.uuid4().hex.upper()

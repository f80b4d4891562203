"""Bank statements, their lines, and what the merchant decided about each line. Lines are written once and never
deleted; a decision is written once."""

from __future__ import annotations

from functools import cached_property

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.payments.statements.party import Party, opened

MAX_NOTE = 300


class BankStatement(models.Model):
    """File of a bank. `content` holds it, encrypted, until it is imported; `balances` the balances that it tells, by
    statement: account, opening, closing, and the difference between the closing one and what the lines make of the
    opening one."""

    class Format(models.TextChoices):
        CAMT = "camt", "CAMT.053"
        TABLE = "table", _("table of a bank")

    file_digest = models.CharField(_("digest of the file"), max_length=64)
    file_format = models.CharField(_("format"), max_length=5, choices=Format.choices)
    account = models.CharField(_("bank account"), max_length=34, blank=True, db_default="")
    currency = models.CharField(_("currency"), max_length=3, blank=True, db_default="")
    balances = models.JSONField(_("balances"), default=list, db_default=[])
    starts_on = models.DateField(_("first day"), null=True)
    ends_on = models.DateField(_("last day"), null=True)
    content = models.BinaryField(null=True)
    sent_at = models.DateTimeField(_("sent"))
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("sent by")
    )
    imported_at = models.DateTimeField(_("imported"), null=True)
    new_lines = models.IntegerField(_("new lines"), default=0, db_default=0)
    known_lines = models.IntegerField(_("lines known before"), default=0, db_default=0)

    class Meta:
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        ordering = ("-pk",)
        default_permissions = ("view",)
        permissions = (("import_statements", _("Can import bank statements and decide about their lines")),)
        constraints = [
            models.UniqueConstraint(fields=("file_digest",), name="shop_bankstatement_once"),
            models.CheckConstraint(
                condition=Q(imported_at__isnull=False, content__isnull=True)
                | Q(imported_at__isnull=True, content__isnull=False),
                name="shop_bankstatement_content_until_imported",
            ),
        ]

    def __str__(self) -> str:
        days = [f"{day:%Y-%m-%d}" for day in (self.starts_on, self.ends_on) if day]
        return " ".join([self.account or self.get_file_format_display(), "–".join(dict.fromkeys(days))]).strip()


class StatementLine(models.Model):
    """Line of a bank account. `identity` is the same in every file of one format that has the line. `amount` is below
    zero for money that left the account; `secret` holds the other party, encrypted.

    `perhaps` is a line of another format that may tell the same movement: the merchant decides.
    """

    class State(models.TextChoices):
        OPEN = "open", _("to decide")
        MATCHED = "matched", _("matched")
        PAYOUT = "payout", _("payout of a provider")
        KEPT = "kept", _("kept as unallocated money")
        SET_ASIDE = "set_aside", _("set aside")
        REFUND = "refund", _("refund that left")
        FEE = "fee", _("fee of the bank")

    statement = models.ForeignKey(
        BankStatement, on_delete=models.PROTECT, related_name="lines", verbose_name=_("bank statement")
    )
    identity = models.CharField(_("identity"), max_length=64)
    account = models.CharField(_("bank account"), max_length=34, blank=True, db_default="")
    booked_on = models.DateField(_("day"))
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    bank_reference = models.CharField(_("reference of the bank"), max_length=100, blank=True, db_default="")
    secret = models.TextField(_("other party"), blank=True, default="", db_default="")
    perhaps = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("perhaps the same as")
    )
    is_reversal = models.BooleanField(_("reversal"), default=False, db_default=False)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.OPEN, db_default=State.OPEN
    )
    refund = models.OneToOneField(
        "shop.Refund", on_delete=models.PROTECT, null=True, related_name="statement_line", verbose_name=_("refund")
    )
    provider = models.CharField(_("provider"), max_length=30, blank=True, db_default="")
    note = models.CharField(_("reason"), max_length=MAX_NOTE, blank=True, db_default="")
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )

    class Meta:
        verbose_name = _("line of a bank statement")
        verbose_name_plural = _("lines of bank statements")
        ordering = ("-booked_on", "-pk")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=("identity",), name="shop_statementline_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="shop_statementline_not_zero"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="shop_statementline_currency"),
            models.CheckConstraint(
                condition=Q(state__in=("open", "matched", "payout", "kept", "set_aside", "refund", "fee")),
                name="shop_statementline_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at__isnull=True, decided_by__isnull=True)
                | (~Q(state="open") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="shop_statementline_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("matched", "payout", "kept")) | Q(amount__gt=0),
                name="shop_statementline_money_that_came",
            ),
            models.CheckConstraint(
                condition=~Q(state="refund") | Q(amount__lt=0), name="shop_statementline_refund_left"
            ),
            models.CheckConstraint(
                condition=Q(refund__isnull=True) | Q(state="refund"), name="shop_statementline_shows_a_refund"
            ),
            models.CheckConstraint(
                condition=Q(state="payout") & ~Q(provider="") | ~Q(state="payout") & Q(provider=""),
                name="shop_statementline_payout_of_a_provider",
            ),
            models.CheckConstraint(
                condition=~Q(state="set_aside") | ~Q(note=""), name="shop_statementline_reason_given"
            ),
        ]
        indexes = [
            models.Index(fields=("-booked_on", "-id"), condition=Q(state="open"), name="shop_statementline_open"),
            models.Index(fields=("-booked_on", "-id"), name="shop_statementline_day"),
            models.Index(fields=("amount",), name="shop_statementline_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.booked_on} {self.amount} {self.currency}"

    @cached_property
    def party(self) -> Party:
        """Other party: name, IBAN and text, as the bank tells them."""
        return opened(self.secret)


class LineShare(models.Model):
    """Part of a line that came for an order, or went back for one: above zero either way."""

    line = models.ForeignKey(StatementLine, on_delete=models.PROTECT, related_name="shares")
    order = models.ForeignKey("shop.Order", on_delete=models.PROTECT, related_name="statement_shares")
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)

    class Meta:
        verbose_name = _("part of a line of a bank statement")
        verbose_name_plural = _("parts of lines of bank statements")
        ordering = ("pk",)
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=("line", "order"), name="shop_lineshare_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="shop_lineshare_amount"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id} → {self.order_id}"


class BankColumns(models.Model):
    """Meaning of the columns in a bank's tables, as the merchant said it once. `headings` is a digest of the first row;
    `columns` the number of the column by its meaning."""

    account = models.CharField(_("bank account"), max_length=34)
    headings = models.CharField(_("headings"), max_length=64)
    columns = models.JSONField(_("columns"))
    is_day_first = models.BooleanField(_("day before month"), default=True, db_default=True)

    class Meta:
        verbose_name = _("columns of a bank")
        verbose_name_plural = _("columns of banks")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=("account", "headings"), name="shop_bankcolumns_once")]

    def __str__(self) -> str:
        return self.account

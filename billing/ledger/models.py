"""The ledger: entries of lines that sum to zero, in minor units of one currency. Only ever added to.

It holds keys and amounts, no typed text and no person, so that erasure breaks nothing. Triggers of migration 0001 keep
the rules that no column can: an entry comes with all its lines in one statement, they sum to zero, and nothing is
changed, deleted or truncated.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Account(models.TextChoices):
    """Accounts of the ledger. A debit is positive, a credit negative."""

    RECEIVABLE = "receivable", _("owed by customers")
    TO_BE_INVOICED = "to_be_invoiced", _("sold, to be invoiced")
    SALES = "sales", pgettext_lazy("account of the ledger", "sales")
    VAT = "vat", _("VAT collected")
    DEPOSITS = "deposits", _("deposits received")
    IN_TRANSIT = "in_transit", _("money in transit")
    BANK = "bank", pgettext_lazy("account of the ledger", "bank")
    FEES = "fees", _("fees of providers and banks")
    CREDIT = "credit", _("credit held for customers")
    UNALLOCATED = "unallocated", _("unallocated money")
    REFUNDS_OWED = "refunds_owed", _("refunds owed")
    REFUNDS_SENT = "refunds_sent", _("refunds sent, on their way")
    WRITTEN_OFF = "written_off", _("written off")


# What settled orders sold, tax included, be it invoiced or not.
SOLD = (Account.SALES, Account.VAT, Account.TO_BE_INVOICED)
# Accounts kept for each customer, and those kept in parts: by tax, or by provider.
OF_CUSTOMERS = ("receivable", "deposits", "credit", "refunds_owed")
IN_PARTS = ("sales", "vat", "in_transit", "fees")


class LedgerEntry(models.Model):
    """One fact about money, such as `settlement:17`: what it moved is in its lines.

    `posted_on` is its day in the books, in the shop's time zone; `at` the moment of the fact.
    """

    class Kind(models.TextChoices):
        SALE = "sale", pgettext_lazy("kind of ledger entry", "sale")
        INVOICE = "invoice", pgettext_lazy("kind of ledger entry", "invoiced")
        MONEY_IN = "money_in", _("money received")
        ALLOCATED = "allocated", _("money allocated to an order")
        GIVEN_BACK = "given_back", pgettext_lazy("kind of ledger entry", "units given back")
        MONEY_OUT = "money_out", _("money sent back")
        REVERSED = "reversed", _("money not sent after all")
        MOVED = "moved", _("moved to another customer account")
        FEE = "fee", pgettext_lazy("kind of ledger entry", "fee")

    fact = models.CharField(_("fact"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    posted_on = models.DateField(_("day"))
    at = models.DateTimeField(_("at"))
    currency = models.CharField(_("currency"), max_length=3)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    class Meta:
        verbose_name = _("ledger entry")
        verbose_name_plural = _("ledger")
        ordering = ("-pk",)
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=("fact",), name="billing_ledgerentry_fact_once"),
            models.CheckConstraint(condition=~Q(fact=""), name="billing_ledgerentry_fact_given"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=(
                        *("sale", "invoice", "money_in", "allocated"),
                        *("given_back", "money_out", "reversed", "moved", "fee"),
                    )
                ),
                name="billing_ledgerentry_kind_known",
            ),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="billing_ledgerentry_currency"),
        ]
        indexes = [models.Index(fields=("posted_on",), name="billing_ledgerentry_day")]

    def __str__(self) -> str:
        return self.fact


class LedgerLine(models.Model):
    """One account's part of an entry: debit above zero, credit below, in minor units of the entry's currency.

    `order_id` is the order concerned; this floor knows nothing more of it. `part` tells the tax rate or the provider.
    """

    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.CharField(_("account"), max_length=14, choices=Account.choices)
    part = models.CharField(_("part"), max_length=30, db_default="")
    # Without a key in the database while the previous release deletes accounts that were moved.
    customer = models.ForeignKey(
        "accounts.CustomerAccount",
        on_delete=models.PROTECT,
        null=True,
        db_constraint=False,
        related_name="ledger_lines",
        verbose_name=_("customer account"),
    )
    order_id = models.BigIntegerField(_("order"), null=True)
    amount = models.BigIntegerField(_("amount"), help_text=_("In minor units: cents."))

    class Meta:
        verbose_name = _("ledger line")
        verbose_name_plural = _("ledger lines")
        ordering = ("pk",)
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(condition=~Q(amount=0), name="billing_ledgerline_not_zero"),
            models.CheckConstraint(
                condition=Q(
                    account__in=(
                        *("receivable", "to_be_invoiced", "sales", "vat", "deposits", "in_transit", "bank"),
                        *("fees", "credit", "unallocated", "refunds_owed", "refunds_sent", "written_off"),
                    )
                ),
                name="billing_ledgerline_account_known",
            ),
            models.CheckConstraint(
                condition=~Q(account__in=OF_CUSTOMERS) | Q(customer__isnull=False),
                name="billing_ledgerline_customer_given",
            ),
            models.CheckConstraint(
                condition=~Q(account__in=IN_PARTS) | ~Q(part=""), name="billing_ledgerline_part_given"
            ),
        ]
        indexes = [
            models.Index(
                fields=("order_id", "account"), condition=Q(order_id__isnull=False), name="billing_ledgerline_order"
            ),
            models.Index(fields=("account", "part"), include=("amount",), name="billing_ledgerline_account"),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.amount}"


class UnsealedEntry(models.Model):
    """Entry that waits to be sealed into the chain. Written with the entry, deleted with its sealing."""

    entry = models.OneToOneField(LedgerEntry, on_delete=models.PROTECT, primary_key=True, related_name="unsealed")

    class Meta:
        verbose_name = _("ledger entry to be sealed")
        verbose_name_plural = _("ledger entries to be sealed")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.entry_id)


class LedgerSeal(models.Model):
    """Place of an entry in the chain. `digest` is over the entry, its lines and the digest before it: 32 bytes."""

    position = models.BigIntegerField(_("position"), primary_key=True, help_text="From 1, without a gap.")
    entry = models.OneToOneField(LedgerEntry, on_delete=models.PROTECT, related_name="seal")
    digest = models.BinaryField(_("digest"), max_length=32)
    sealed_at = models.DateTimeField(_("sealed at"), db_default=Now())

    class Meta:
        verbose_name = _("seal of a ledger entry")
        verbose_name_plural = _("seals of ledger entries")
        ordering = ("position",)
        default_permissions = ()
        constraints = [models.CheckConstraint(condition=Q(position__gte=1), name="billing_ledgerseal_position")]

    def __str__(self) -> str:
        return str(self.position)

"""Seller, and the legal texts that the seller publishes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from common.plain_rows import plain_row
from common.postal import PostalAddress
from shop.seller.papers import OnPapers


class ShopIdentity(OnPapers):
    """Seller, in a single row: printed on orders and mails, and the source of the unpaid times.

    Elsewhere it is called *seller*. Class and table keep their first name: the previous release runs on the same table
    during an update, and rights already granted name the model.
    """

    class VatIdRule(models.TextChoices):
        TRUST = "trust", _("no VAT if its form is right: whatever VIES answers is told here")
        CHARGE = "charge", _("VAT, until VIES has answered that the number is valid")

    name = models.CharField(_("name"), max_length=120, blank=True)
    street = models.CharField(_("street"), max_length=200, blank=True)
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True)
    city = models.CharField(_("city"), max_length=100, blank=True)
    country = CountryField(_("country"), default="FR", db_default="FR")
    siret = models.CharField(_("SIRET"), max_length=20, blank=True)
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True)
    legal_line = models.CharField(
        _("legal form, capital and register"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("As invoices must say it, for instance: SAS with a capital of €10,000, RCS Lyon 732 829 320."),
    )
    activity_number = models.CharField(
        _("declaration of activity (NDA)"),
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text=_("Number of a training provider; must stand on the invoices of training."),
    )
    vat_id_rule = models.CharField(
        _("companies of other member states pay"),
        max_length=6,
        choices=VatIdRule.choices,
        default=VatIdRule.TRUST,
        db_default=VatIdRule.TRUST,
        help_text=_("With a VAT number of their country, where the tax is theirs to pay (reverse charge)."),
    )
    prices_include_tax = models.BooleanField(
        _("prices are typed"),
        choices=[(False, _("net: tax is added")), (True, _("with tax: tax is taken out of them"))],
        default=False,
        db_default=False,
        help_text=_("Prices of the catalogue, and those that customers see first."),
    )
    bank_name = models.CharField(_("bank"), max_length=100, blank=True)
    iban = models.CharField(_("IBAN"), max_length=42, blank=True)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    logo = models.ImageField(_("logo"), upload_to="identity/", blank=True)
    sales_email = models.EmailField(_("sales address"), blank=True)
    support_email = models.EmailField(_("support address"), blank=True)
    immediate_minutes = models.PositiveIntegerField(
        _("unpaid time, immediate payment (minutes)"),
        default=60,
        db_default=60,
        help_text=_("Counted from the placing of the order."),
    )
    deferred_days = models.PositiveIntegerField(_("unpaid time, deferred payment (days)"), default=14, db_default=14)
    undecided_minutes = models.PositiveIntegerField(
        _("unpaid time, no method chosen (minutes)"), default=60, db_default=60
    )
    zero_total_hours = models.PositiveIntegerField(
        _("time to confirm a zero total by the link (hours)"), default=24, db_default=24
    )
    reminder_before_days = models.PositiveSmallIntegerField(
        _("days before the due day"), default=7, db_default=7, help_text=_("0: nobody is reminded in advance.")
    )
    reminder_first_days = models.PositiveSmallIntegerField(_("first reminder (days after it)"), default=3, db_default=3)
    reminder_second_days = models.PositiveSmallIntegerField(
        _("second reminder (days after it)"), default=15, db_default=15
    )
    reminder_last_days = models.PositiveSmallIntegerField(_("last reminder (days after it)"), default=30, db_default=30)
    unproved_share = models.PositiveSmallIntegerField(
        _("places kept for addresses not proved (percent of a course)"),
        default=25,
        db_default=25,
        help_text=_(
            "Visitors' orders whose address nobody has proved hold no more of a course together, but one place at "
            "least, and for an hour at most. Whoever wants more proves their address by a mailed code first."
        ),
    )

    class Meta:
        verbose_name = _("seller")
        verbose_name_plural = _("seller")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="shop_identity_single_row"),
            models.CheckConstraint(
                condition=models.Q(
                    immediate_minutes__gt=0, deferred_days__gt=0, undecided_minutes__gt=0, zero_total_hours__gt=0
                ),
                name="shop_identity_unpaid_times_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(unproved_share__lte=100), name="shop_identity_unproved_share_percent"
            ),
            models.CheckConstraint(condition=models.Q(accent__regex=r"^#[0-9a-f]{6}$"), name="shop_identity_accent"),
            models.CheckConstraint(
                condition=models.Q(vat_id_rule__in=("trust", "charge")), name="shop_identity_vat_id_rule_known"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    reminder_first_days__gt=0,
                    reminder_second_days__gt=models.F("reminder_first_days"),
                    reminder_last_days__gt=models.F("reminder_second_days"),
                ),
                name="shop_identity_reminders_follow",
            ),
        ]

    def __str__(self) -> str:
        return self.name or str(_("seller"))

    @classmethod
    def current(cls) -> ShopIdentity:
        """Return the shop's row, created blank if there is none."""
        return plain_row(cls, "WHERE id = 1", []) or cls.objects.get_or_create(pk=1)[0]

    @property
    def sales_address(self) -> str:
        """Recipient of mails for the sales team: the merchant's setting, else SALES_EMAIL."""
        return self.sales_email or settings.SALES_EMAIL

    @property
    def address(self) -> PostalAddress:
        return PostalAddress.of(self)


class FrozenSeller(models.Model):
    """Seller as named on the orders that refer to this row. Never edited; one row for each state of the seller.

    `fingerprint` is a digest of all the other columns but `frozen_at` (`shop.seller.frozen`).
    """

    fingerprint = models.CharField(max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=120, blank=True, db_default="")
    street = models.CharField(_("street"), max_length=200, blank=True, db_default="")
    postal_code = models.CharField(_("postal code"), max_length=20, blank=True, db_default="")
    city = models.CharField(_("city"), max_length=100, blank=True, db_default="")
    country = CountryField(_("country"), db_default="FR")
    siret = models.CharField(_("SIRET"), max_length=20, blank=True, db_default="")
    vat_number = models.CharField(_("VAT number"), max_length=20, blank=True, db_default="")
    bank_name = models.CharField(_("bank"), max_length=100, blank=True, db_default="")
    iban = models.CharField(_("IBAN"), max_length=42, blank=True, db_default="")
    bic = models.CharField(_("BIC"), max_length=11, blank=True, db_default="")
    frozen_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("seller as sold")
        verbose_name_plural = _("sellers as sold")
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> PostalAddress:
        return PostalAddress.of(self)


class LegalText(models.Model):
    """Version of a text that the shop publishes. A published version is never edited: orders refer to it."""

    class Kind(models.TextChoices):
        TERMS = "terms", _("terms of sale")
        NOTICE = "notice", _("legal notice")
        PRIVACY = "privacy", _("privacy")
        WITHDRAWAL = "withdrawal", _("right of withdrawal")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    version = models.PositiveIntegerField(_("version"))
    body = models.TextField(_("text"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True)

    objects: ClassVar[models.Manager[LegalText]] = models.Manager()

    class Meta:
        verbose_name = _("legal text")
        verbose_name_plural = _("legal texts")
        ordering = ("kind", "-version")
        constraints = [
            models.UniqueConstraint(fields=("kind", "version"), name="shop_legaltext_kind_version"),
            models.CheckConstraint(condition=models.Q(version__gte=1), name="shop_legaltext_version_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.version}"

    @classmethod
    def in_force(cls, kind: str, now: datetime) -> LegalText | None:
        """Return the newest published version of a kind, None if there is none."""
        rest = "WHERE kind = %s AND published_at <= %s ORDER BY version DESC LIMIT 1"
        return plain_row(cls, rest, [kind, now])


def unpaid_time(seller: ShopIdentity, *, immediate: bool | None, zero_total: bool) -> timedelta:
    """Return the time that an order may stay unpaid, from its placing. `immediate` is None while no method is
    chosen."""
    if zero_total:
        return timedelta(hours=seller.zero_total_hours)
    if immediate is None:
        return timedelta(minutes=seller.undecided_minutes)
    return timedelta(minutes=seller.immediate_minutes) if immediate else timedelta(days=seller.deferred_days)

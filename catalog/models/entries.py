"""Catalogue entries and their price tiers."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import ClassVar, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Replace
from django.urls import reverse
from django.utils.formats import localize
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from billing.taxes.deciding import Supply
from catalog.cancelling import CancelTerms
from common.search import matching
from enrolments.seats.move_terms import movable_in_words

CODE_MAX_LENGTH = 64
CODE_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_-]*$"


class EntryState(models.TextChoices):
    """State of an entry: decides who sees the entry and who may buy it."""

    DRAFT = "draft", pgettext_lazy("state of an entry", "Draft")
    AVAILABLE = "available", pgettext_lazy("state of an entry", "Available")
    INTERNAL = "internal", pgettext_lazy("state of an entry", "Internal")
    SUSPENDED = "suspended", pgettext_lazy("state of an entry", "Suspended")
    RETIRED = "retired", pgettext_lazy("state of an entry", "Retired")


ON_SALE = (EntryState.AVAILABLE, EntryState.INTERNAL)
# Shown to everybody.
VISIBLE = (EntryState.AVAILABLE, EntryState.SUSPENDED)


class Vocational(models.TextChoices):
    """Answer to whether an entry is vocational training (code du travail, L6313-1)."""

    YES = "yes", pgettext_lazy("vocational training?", "yes")
    NO = "no", pgettext_lazy("vocational training?", "no")
    UNSAID = "unsaid", pgettext_lazy("vocational training?", "not said")


class Audience(models.TextChoices):
    """Audience an entry is sold to, from the widest to the narrowest circle."""

    EVERYONE = "everyone", pgettext_lazy("sold to", "Everyone")
    MEMBERS = "members", pgettext_lazy("sold to", "Whoever is signed in")
    CUSTOMERS = "customers", pgettext_lazy("sold to", "Customers")


class EntryQuerySet(models.QuerySet["Entry"]):
    def visible_to(self, *, is_staff: bool) -> Self:
        """Return the entries of the storefront; staff see the internal ones too."""
        states = (*VISIBLE, EntryState.INTERNAL) if is_staff else VISIBLE
        return self.filter(state__in=states)

    def coded(self, code: str) -> Self:
        """Return the entry with this code, in upper or lower case; uses the unique index."""
        return self.alias(code_key=Lower("code")).filter(code_key=code.lower())

    def in_categories(self, category_ids: Collection[int]) -> Self:
        return self.filter(category_id__in=category_ids)

    def matching(self, query: str) -> Self:
        """Return the entries whose code or texts, in whatever language, hold every word of ``query``."""
        return matching(self, query, "search_text")

    def with_prices(self) -> Self:
        """Load tax, category and tiers too: two queries, however many entries there are."""
        return self.select_related("tax", "category").prefetch_related("tiers")

    def with_fields(self) -> Self:
        """Load the fields that are asked for each unit too: one query, however many entries there are."""
        return self.prefetch_related("fields")

    def unsaid(self) -> Self:
        """Filter entries that may be sold and do not say whether they are vocational training."""
        return self.filter(vocational=Vocational.UNSAID).exclude(state=EntryState.RETIRED)

    def in_shop_order(self) -> Self:
        return self.order_by("position", "sort_name", "id")


# The class is named: modeltranslation replaces the manager's class by one that mypy cannot find.
EntryManager = models.Manager.from_queryset(EntryQuerySet)


class Entry(models.Model):
    """Something sold: a price, a tax, limits, an audience, and the handler that delivers it.

    Written by ``catalog.services.entries.save_entry`` only, which keeps ``search_text`` and
    ``sort_name`` right, the description clean and the code fixed.
    """

    code = models.CharField(
        _("code"),
        max_length=CODE_MAX_LENGTH,
        help_text=_(
            "Letters, digits, hyphens and underscores. It cannot be changed any more once the "
            "entry has been sold or has a specific handler."
        ),
    )
    category = models.ForeignKey(
        "catalog.Category",
        verbose_name=_("category"),
        on_delete=models.PROTECT,
        related_name="entries",
    )
    name = models.CharField(_("name"), max_length=200)
    summary = models.CharField(_("summary"), max_length=300, blank=True, help_text=_("One or two sentences for lists."))
    description = models.TextField(_("description"), blank=True)
    terms = models.TextField(
        pgettext_lazy("of an entry", "terms of sale"),
        blank=True,
        help_text=_("What applies to this entry beside the shop's general terms. Plain text."),
    )
    image = models.ImageField(_("image"), upload_to="entries/", blank=True)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=EntryState.choices,
        default=EntryState.DRAFT,
        db_default=EntryState.DRAFT,
        help_text=_(
            "Draft: only staff see it. Internal: sold by staff only. Suspended: shown, but not sold. "
            "Retired: neither shown nor sold."
        ),
    )
    tax = models.ForeignKey("catalog.Tax", verbose_name=_("tax code"), on_delete=models.PROTECT, related_name="entries")
    handler = models.CharField(_("what happens after the sale"), max_length=80, blank=True)
    handler_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    parameters = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    min_quantity = models.PositiveIntegerField(
        _("smallest quantity"), default=1, db_default=1, validators=[MinValueValidator(1)]
    )
    max_quantity = models.PositiveIntegerField(
        _("largest quantity"),
        null=True,
        blank=True,
        help_text=_("Empty: 1,000. Where each unit is asked for something, 500 in one order at most."),
    )
    audience = models.CharField(
        _("sold to"),
        max_length=10,
        choices=Audience.choices,
        default=Audience.EVERYONE,
        db_default=Audience.EVERYONE,
        help_text=_("Customers are people who have paid an order before. If the handler is stricter, its rule holds."),
    )
    vocational = models.CharField(
        _("vocational training"),
        max_length=6,
        choices=Vocational.choices,
        default=Vocational.UNSAID,
        db_default=Vocational.UNSAID,
        help_text=_(
            "Training for a job is sold to private persons by a contract with a delay before any payment, which the "
            "shop does not make yet: it is sold to organisations only, and so is an entry that does not say."
        ),
    )
    supply = models.CharField(
        _("how it is given"),
        max_length=9,
        choices=Supply.choices,
        default=Supply.UNSAID,
        db_default=Supply.UNSAID,
        help_text=_("Decides with the buyer where it is taxed. Not said: taxed where the shop is."),
    )
    held_in = CountryField(
        _("held in"),
        blank=True,
        default="",
        db_default="",
        help_text=_("On site only. Empty: where the shop is."),
    )
    is_digital_content = models.BooleanField(
        _("digital content"),
        default=False,
        db_default=False,
        help_text=_(
            "On demand and at once, without a service by people. A private person asks for it at once, at the "
            "checkout, and gives up the right to withdraw from it (code de la consommation, L221-28)."
        ),
    )
    cancel_days_after = models.PositiveSmallIntegerField(
        _("days to cancel after the purchase"), null=True, blank=True,
        help_text=_("Accounts may cancel units that nobody has until then. Both empty: they ask the merchant."),
    )  # fmt: skip
    cancel_days_before = models.PositiveSmallIntegerField(
        _("days to cancel before the course"), null=True, blank=True,
        help_text=_("The last day is so many days before the first day of the course, if that is known."),
    )  # fmt: skip
    cancel_share_kept = models.DecimalField(
        _("share kept when cancelled, in %"), max_digits=5, decimal_places=2, default=Decimal(0),
        db_default=Decimal("0.00"), validators=[MinValueValidator(0), MaxValueValidator(100)],
    )  # fmt: skip
    cancel_fee = models.DecimalField(
        _("amount kept for each unit cancelled"), max_digits=12, decimal_places=2, null=True, blank=True,
        validators=[MinValueValidator(0)], help_text=_("Tax included."),
    )  # fmt: skip
    move_days_before = models.PositiveSmallIntegerField(
        _("days to move people before the course"), null=True, blank=True,
        help_text=_(
            "Accounts may move people who have not begun until so many days before the first day of their course, if "
            "that is known. Empty: until they begin."
        ),
    )  # fmt: skip
    position = models.PositiveIntegerField(
        _("position"), default=0, db_default=0, help_text=_("Lower numbers come first.")
    )
    search_text = models.TextField(editable=False, default="", db_default="")
    sort_name = models.CharField(max_length=220, editable=False, default="", db_default="")
    # Written by `catalog.services.recheck` alone. Errors of the last check by a handler of `faults_version`, each with
    # its sentence per language; from `answerable_until` on no unit can be filled in any more.
    faults = models.JSONField(editable=False, default=list, db_default=[], blank=True)
    faults_version = models.PositiveIntegerField(editable=False, default=0, db_default=0)
    answerable_until = models.DateTimeField(editable=False, null=True, blank=True)
    checked_at = models.DateTimeField(editable=False, null=True, blank=True)
    version = models.PositiveIntegerField(editable=False, default=1, db_default=1)
    created_at = models.DateTimeField(_("created at"), editable=False)
    updated_at = models.DateTimeField(_("changed at"), editable=False)

    objects: ClassVar[EntryManager[Entry]] = EntryManager()
    _default_manager: ClassVar[EntryManager[Entry]]

    class Meta:
        verbose_name = _("catalogue entry")
        verbose_name_plural = _("catalogue entries")
        ordering = ["position", "id"]
        indexes = [
            models.Index(fields=["category", "state"], name="catalog_entry_shelf"),
        ]
        constraints = [
            models.UniqueConstraint(
                Lower("code"),
                name="catalog_entry_code_ci",
                violation_error_code="code_taken",
                violation_error_message=_("Another entry has this code already."),
            ),
            models.UniqueConstraint(
                Replace(Lower("code"), models.Value("-"), models.Value("_")),
                condition=Q(handler="specific"),
                name="catalog_entry_specific_folder",
                violation_error_code="folder_taken",
                violation_error_message=_(
                    "Another entry uses the same specific handler, because its code differs by "
                    "hyphens and underscores only."
                ),
            ),
            models.CheckConstraint(
                condition=Q(code__regex=CODE_PATTERN),
                name="catalog_entry_code_signs",
                violation_error_code="code_signs",
                violation_error_message=_(
                    "A code begins with a letter or a digit and has only letters without accents, "
                    "digits, hyphens and underscores."
                ),
            ),
            models.CheckConstraint(condition=Q(state__in=EntryState.values), name="catalog_entry_state_known"),
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="catalog_entry_audience_known"),
            models.CheckConstraint(
                condition=Q(vocational__in=Vocational.values), name="catalog_entry_vocational_known"
            ),
            models.CheckConstraint(condition=Q(supply__in=Supply.values), name="catalog_entry_supply_known"),
            models.CheckConstraint(
                condition=Q(cancel_share_kept__gte=0, cancel_share_kept__lte=100)
                & (Q(cancel_fee__isnull=True) | Q(cancel_fee__gte=0)),
                name="catalog_entry_cancel_kept",
            ),
            models.CheckConstraint(
                condition=Q(min_quantity__gte=1),
                name="catalog_entry_min_quantity_positive",
            ),
            models.CheckConstraint(
                condition=Q(max_quantity__isnull=True) | Q(max_quantity__gte=F("min_quantity")),
                name="catalog_entry_quantity_range",
                violation_error_code="quantity_range",
                violation_error_message=_("The largest quantity cannot be below the smallest quantity."),
            ),
            models.CheckConstraint(
                condition=~Q(handler="") | Q(parameters={}),
                name="catalog_entry_parameters_of_handler",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} – {self.name}" if self.name else self.code

    @property
    def cancelling(self) -> str:
        """Terms on which an account may cancel, in words; "" where it may not."""
        terms = CancelTerms.of(self)
        return terms.in_words(settings.SHOP_CURRENCY) if terms else ""

    @property
    def moving(self) -> str:
        """Days until which an account may move people, in words; "" without such a limit."""
        return movable_in_words(self.move_days_before)

    @property
    def is_on_sale(self) -> bool:
        """Tell whether the entry can be bought, if only by staff."""
        return self.state in ON_SALE

    @property
    def is_visible(self) -> bool:
        """Tell whether everybody may open the entry's page."""
        return self.state in VISIBLE

    def get_absolute_url(self) -> str:
        return reverse("entry", args=[self.code])


class PriceTier(models.Model):
    """The price of one unit from a quantity on; the whole line is sold at its tier's price.

    `unit_net` is the price as typed, and keeps its first name for the previous release: it is with tax where
    `includes_tax`, which is alike for all prices of a shop (`catalog.services.prices`).
    """

    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="tiers")
    from_quantity = models.PositiveIntegerField(
        _("from quantity"), default=1, db_default=1, validators=[MinValueValidator(1)]
    )
    unit_net = models.DecimalField(
        _("price of a unit"), max_digits=12, decimal_places=2, validators=[MinValueValidator(0)]
    )
    includes_tax = models.BooleanField(_("with tax"), default=False, db_default=False, editable=False)

    class Meta:
        verbose_name = _("price tier")
        verbose_name_plural = _("price tiers")
        ordering = ["from_quantity"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "from_quantity"],
                name="catalog_pricetier_quantity",
                violation_error_message=_("There is a price from this quantity already."),
            ),
            models.CheckConstraint(
                condition=Q(from_quantity__gte=1),
                name="catalog_pricetier_quantity_positive",
            ),
            models.CheckConstraint(
                condition=Q(unit_net__gte=0),
                name="catalog_pricetier_price_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return gettext("from %(quantity)s: %(price)s") % {
            "quantity": self.from_quantity,
            "price": localize(self.unit_net),
        }

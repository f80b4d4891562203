"""Orders, frozen as they were sold."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries.fields import CountryField

from accounts.members.models import Buyer
from common.search import index_of_words, search_column
from shop.cart.models import new_token
from shop.orders.copied.columns import HOLDS_NOBODY, Copied
from shop.payments.requests.reference import reference_of

# A little less than ten years of the calendar: the setting KEEP_BILLING_DAYS is not below them.
TEN_YEARS = timedelta(days=3652)


class OrderQuerySet(models.QuerySet["Order"]):
    def unproved(self) -> OrderQuerySet:
        """Filter orders whose typed address nobody has proved."""
        return self.filter(claimed_at__isnull=True, address_proved_at__isnull=True)

    def proved(self) -> OrderQuerySet:
        return self.filter(Q(claimed_at__isnull=False) | Q(address_proved_at__isnull=False))


class Order(Copied):
    """Purchase. Its status changes only through `shop.orders.transitions`.

    The columns of `Copied` leave it at `sealed_at` for `KeptBilling`, or for good at `blanked_at`
    (`shop.orders.copied`).
    """

    class Status(models.TextChoices):
        PLACED = "placed", _("waiting for payment")
        PAID = "paid", pgettext_lazy("order", "confirmed")
        COMPLETED = "completed", _("completed")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired")
        REFUNDED = "refunded", _("refunded")

    class ReleaseRule(models.TextChoices):
        ALL = "all", _("when everything is paid or promised")
        FIRST = "first", _("when the first part is paid or promised")

    # Whether it may have documents; False only where a query has told so.
    has_papers = True

    number = models.CharField(_("number"), max_length=20, unique=True)
    token = models.CharField(max_length=43, default=new_token, unique=True)
    cart = models.OneToOneField("shop.Cart", on_delete=models.SET_NULL, null=True, related_name="order")
    account = models.ForeignKey("accounts.CustomerAccount", on_delete=models.PROTECT, related_name="orders")
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="orders_bought",
        help_text=_("Empty while a visitor's order is unclaimed."),
    )  # fmt: skip
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="orders_operated"
    )
    claimed_at = models.DateTimeField(null=True, help_text=_("When the order got a customer account with a member."))
    address_proved_at = models.DateTimeField(
        _("address proved"), null=True,
        help_text="When the typed address was proved, by a mailed code for instance; a claim proves it too.",
    )  # fmt: skip
    places_released_at = models.DateTimeField(
        _("places released"), null=True,
        help_text="Since when the unpaid order waits without its places, for want of a proved address.",
    )  # fmt: skip
    visitor_key = models.CharField(max_length=64, blank=True, help_text="Which visitor placed it, for the limits.")
    language = models.CharField(max_length=5)

    is_organisation = models.BooleanField(default=True, db_default=True)
    is_public_body = models.BooleanField(default=False, db_default=False)
    billing_country = CountryField(_("country"), default="FR", db_default="FR")
    sealed_at = models.DateTimeField(
        _("closed to accounting"), null=True, help_text="Since when only accounting staff read what it copied."
    )
    blanked_at = models.DateTimeField(
        _("blanked"), null=True, help_text="Since when nothing of what it copied is left."
    )

    seller = models.ForeignKey(
        "shop.FrozenSeller", on_delete=models.PROTECT, null=True, related_name="+",
        verbose_name=_("sold by"), db_index=False,  # looked up from the order only
        help_text="As named when the order was placed; read it by `shop.seller.frozen.seller_of`.",
    )  # fmt: skip
    terms = models.ForeignKey("shop.LegalText", on_delete=models.PROTECT, null=True, related_name="+")
    terms_accepted_at = models.DateTimeField()
    start_at_once_at = models.DateTimeField(
        null=True, help_text=_("When a private buyer asked to start before the withdrawal period is over.")
    )

    withdrawal_waived_at = models.DateTimeField(
        null=True,
        help_text=_("When a private buyer asked for digital content at once, and gave withdrawing up."),
    )

    method = models.CharField(_("payment method"), max_length=30, blank=True)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.PLACED, db_default=Status.PLACED
    )
    currency = models.CharField(max_length=3)
    net = models.DecimalField(_("net"), max_digits=12, decimal_places=2)
    tax = models.DecimalField(_("tax"), max_digits=12, decimal_places=2)
    gross = models.DecimalField(_("gross"), max_digits=12, decimal_places=2)
    placed_at = models.DateTimeField(_("placed"))
    expires_at = models.DateTimeField(_("unpaid until"))
    expiry_failed_at = models.DateTimeField(null=True, help_text="When a broken handler last kept it from expiring.")
    release_rule = models.CharField(
        pgettext_lazy("order", "released"),
        max_length=5,
        choices=ReleaseRule.choices,
        default=ReleaseRule.ALL,
        db_default=ReleaseRule.ALL,
        help_text="Fixed when the order is placed.",
    )
    paid_at = models.DateTimeField(_("confirmed on"), null=True)
    completed_at = models.DateTimeField(_("completed on"), null=True)
    search_text = search_column(
        "number", "contact_name", "contact_email", "billing_name", "billing_city", "payer_email", "purchase_reference"
    )

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ("-pk",)
        permissions = (
            ("confirm_money", _("Can confirm money received")),
            ("give_back_units", _("Can give units back")),
            ("note_paid_back", _("Can note money as paid back")),
            ("cancel_order", _("Can cancel unpaid orders")),
            ("accept_promise", _("Can accept promises of payment")),
            ("set_terms", _("Can agree terms on account")),
        )
        constraints = [
            models.CheckConstraint(condition=Q(net__gte=0, tax__gte=0, gross__gte=0), name="shop_order_amounts"),
            models.CheckConstraint(condition=Q(gross=F("net") + F("tax")), name="shop_order_gross_is_net_plus_tax"),
            models.CheckConstraint(
                condition=Q(is_public_body=False) | Q(is_organisation=True), name="shop_order_public_body_is_no_person"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("placed", "paid", "completed", "cancelled", "expired", "refunded")),
                name="shop_order_status_known",
            ),
            models.CheckConstraint(
                condition=Q(release_rule__in=("all", "first")), name="shop_order_release_rule_known"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("paid", "completed")) | Q(paid_at__isnull=False),
                name="shop_order_paid_has_time",
            ),
            models.CheckConstraint(
                condition=Q(claimed_at__isnull=True, buyer__isnull=True, operator__isnull=True)
                | Q(claimed_at__isnull=False, buyer__isnull=False),
                name="shop_order_buyer_when_claimed",
            ),
            models.CheckConstraint(
                condition=Q(places_released_at__isnull=True) | Q(status__in=("placed", "cancelled", "expired")),
                name="shop_order_paid_has_its_places",
            ),
            models.CheckConstraint(
                condition=Q(sealed_at__isnull=True, blanked_at__isnull=True) | HOLDS_NOBODY,
                name="shop_order_closed_holds_nobody",
            ),
            models.CheckConstraint(
                condition=Q(blanked_at__isnull=True)
                | (
                    Q(status__in=("completed", "cancelled", "expired", "refunded"))
                    & (Q(paid_at__isnull=True) | Q(paid_at__lte=F("blanked_at") - TEN_YEARS))
                ),
                name="shop_order_blanked_not_needed",
            ),
        ]
        indexes = [
            models.Index(fields=("expires_at",), condition=Q(status="placed"), name="shop_order_due_to_expire"),
            models.Index(fields=("account", "-id"), name="shop_order_by_account"),
            models.Index(fields=("contact_email",), condition=Q(claimed_at__isnull=True), name="shop_order_unclaimed"),
            models.Index(fields=("paid_at",), condition=Q(paid_at__isnull=False), name="shop_order_by_payment_day"),
            index_of_words("search_text", name="shop_order_words"),
            models.Index(fields=("gross",), name="shop_order_by_amount"),
            models.Index(fields=("contact_email",), name="shop_order_by_contact"),
            models.Index(fields=("payer_email",), condition=~Q(payer_email=""), name="shop_order_by_payer"),
            models.Index(
                fields=("paid_at",),
                condition=Q(paid_at__isnull=False, blanked_at__isnull=True),
                name="shop_order_billing_kept",
            ),
            models.Index(
                fields=("expires_at",),
                condition=Q(status__in=("cancelled", "expired"), blanked_at__isnull=True),
                name="shop_order_ended_unpaid",
            ),
        ]

    @property
    def digital_names(self) -> str:
        """Names of the lines that are digital content, joined by commas. One query."""
        return ", ".join(line.name for line in self.lines.filter(is_digital_content=True).order_by("position"))

    def __str__(self) -> str:
        return self.number

    @property
    def bought_by(self) -> Buyer:
        """Return the kind of buyer, as frozen at the placing."""
        return Buyer.of(is_organisation=self.is_organisation, is_public_body=self.is_public_body)

    @property
    def is_claimed(self) -> bool:
        return self.claimed_at is not None

    @property
    def is_proved(self) -> bool:
        """Tell whether somebody has proved the order's address: its claimant, a signed-in buyer, or by a code."""
        return self.is_claimed or self.address_proved_at is not None

    @property
    def has_lost_places(self) -> bool:
        """Tell whether the order waits for payment without the places that it held."""
        return self.status == self.Status.PLACED and self.places_released_at is not None

    @property
    def is_closed(self) -> bool:
        """Tell whether what the order copied of people has left it: kept for accounting, or blanked."""
        return self.sealed_at is not None or self.blanked_at is not None

    @property
    def transfer_reference(self) -> str:
        """Reference that a transfer for the order states, with check digits."""
        return reference_of(self.number)

    @property
    def is_free(self) -> bool:
        return self.gross == Decimal(0)

    @property
    def may_be_given_back(self) -> bool:
        """Tell whether units of the order can be given back: it is paid or completed, and not refunded."""
        return self.status in (self.Status.PAID, self.Status.COMPLETED)

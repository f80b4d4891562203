"""Orders, frozen as they were sold."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries.fields import CountryField

from accounts.members.models import Buyer
from catalog.cancelling import CancelTerms
from common.languages import in_reader_language
from common.search import index_of_words, search_column
from handlers.asked_fields import AskedField
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


class OrderLine(models.Model):
    """Entry as sold: price, tax, handler and parameters are a snapshot."""

    class Status(models.TextChoices):
        PENDING = "pending", _("to be delivered")
        FULFILLED = "fulfilled", _("delivered")
        FAILED = "failed", _("failed")
        GIVEN_BACK = "given_back", _("given back")

    # Possible statuses of the lines of a completed order.
    DONE = (Status.FULFILLED, Status.GIVEN_BACK)

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey("accounts.CustomerAccount", on_delete=models.PROTECT, related_name="+")
    position = models.PositiveIntegerField()
    entry = models.ForeignKey("catalog.Entry", on_delete=models.PROTECT, related_name="+")
    entry_code = models.CharField(_("code"), max_length=60)
    entry_name = models.JSONField(_("name"), help_text="By language.")
    quantity = models.PositiveIntegerField(_("quantity"))
    charged = models.PositiveIntegerField(_("units charged"))
    unit_net = models.DecimalField(_("unit price"), max_digits=12, decimal_places=2)
    places_held = models.PositiveIntegerField(
        default=0, db_default=0, help_text="Places in courses that the line holds from checkout on."
    )
    tax_rate = models.DecimalField(_("tax rate"), max_digits=5, decimal_places=2)
    tax_terms = models.JSONField(
        default=dict, db_default={}, editable=False,
        help_text="What the tax code said of the sale (`Tax.terms`); empty where it was not asked.",
    )  # fmt: skip
    cancel_terms = models.JSONField(
        default=dict, db_default={}, editable=False,
        help_text="Terms on which the account may cancel (`CancelTerms`); empty where it may not.",
    )  # fmt: skip
    net = models.DecimalField(_("net"), max_digits=12, decimal_places=2)
    tax = models.DecimalField(_("tax"), max_digits=12, decimal_places=2)
    gross = models.DecimalField(_("gross"), max_digits=12, decimal_places=2)
    handler = models.CharField(_("handler"), max_length=80, blank=True)
    handler_version = models.PositiveIntegerField(default=0, db_default=0)
    parameters = models.JSONField(_("parameters"), default=dict, db_default={})
    fields_frozen = models.JSONField(
        default=list, db_default=[], help_text="The fields of the entry that its units were asked for."
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.PENDING, db_default=Status.PENDING
    )
    failure = models.JSONField(_("reason of failure"), default=dict, db_default={}, help_text="By language.")
    fulfilled_at = models.DateTimeField(_("delivered on"), null=True)
    frozen_for = ArrayField(
        models.CharField(max_length=12), default=list, db_default=[], blank=True,
        help_text="Reasons for which the line is frozen; written by `shop.orders.freezing` alone.",
    )  # fmt: skip

    @property
    def cancelling(self) -> str:
        """Terms on which the account may cancel, in words; "" where it may not. Reads the order."""
        terms = CancelTerms.frozen(self.cancel_terms)
        return terms.in_words(self.order.currency) if terms else ""

    @property
    def tax_mention(self) -> str:
        """Sentence of the law that tells why there is no tax, in the reader's language; "" where there is some."""
        return in_reader_language(self.tax_terms.get("mention") or {})

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ("order", "position")
        constraints = [
            models.UniqueConstraint(fields=("order", "position"), name="shop_orderline_position_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="shop_orderline_quantity_positive"),
            models.CheckConstraint(
                condition=Q(charged__lte=F("quantity")), name="shop_orderline_charged_within_quantity"
            ),
            models.CheckConstraint(
                condition=Q(unit_net__gte=0, tax_rate__gte=0, net__gte=0, tax__gte=0), name="shop_orderline_amounts"
            ),
            models.CheckConstraint(condition=Q(gross=F("net") + F("tax")), name="shop_orderline_gross_is_net_plus_tax"),
            models.CheckConstraint(
                condition=Q(frozen_for__contained_by=["withdrawal", "dispute"]), name="shop_orderline_frozen_for"
            ),
            models.CheckConstraint(
                condition=Q(status__in=("pending", "fulfilled", "failed", "given_back")),
                name="shop_orderline_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="fulfilled") | Q(fulfilled_at__isnull=False),
                name="shop_orderline_fulfilled_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=("order",), condition=Q(status="failed"), name="shop_orderline_failed"),
            models.Index(fields=("order",), condition=~Q(frozen_for=[]), name="shop_orderline_frozen"),
            # For the search of orders by an entry that a tenth of them hold.
            models.Index(fields=("entry", "order"), name="shop_orderline_by_entry"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.entry_code}"

    @property
    def name(self) -> str:
        return in_reader_language(self.entry_name)

    @property
    def fields_asked(self) -> tuple[AskedField, ...]:
        """Fields of the entry that its units were asked for, as they were at the sale."""
        return tuple(AskedField.frozen(kept) for kept in self.fields_frozen)

    @property
    def may_be_given_back(self) -> bool:
        """Tell whether some of the line's units can be given back. Reads the order."""
        return self.status != self.Status.GIVEN_BACK and self.order.may_be_given_back

    @property
    def failure_text(self) -> str:
        return in_reader_language(self.failure)


# Empty answers to a micro-form: nothing was asked, or it was left to be filled in later.
WITHOUT_ANSWERS = Q(answers={}, fields={})


class OrderUnitQuerySet(models.QuerySet["OrderUnit"]):
    def answered(self) -> OrderUnitQuerySet:
        """Filter units with answers; the others follow from the quantity of their line alone."""
        return self.filter(~WITHOUT_ANSWERS)


class OrderUnit(models.Model):
    """Unit bought, with the answers of its micro-form. Erasure blanks both `answers` and `fields`.

    A unit exists by its index, from 0 and below the quantity of its line, with or without a row: a row without answers
    is there for the previous release (`shop.orders.unit_rows`).
    """

    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="units")
    index = models.PositiveIntegerField(help_text="From 0.")
    answers = models.JSONField(default=dict, db_default={}, help_text="What the handler asked.")
    fields = models.JSONField(default=dict, db_default={}, help_text="What the fields of the entry asked, by name.")
    given_back_at = models.DateTimeField(null=True)
    blank_when_done = models.BooleanField(
        default=False, db_default=False, help_text="Names an erased person: blanked as soon as nothing delivers it."
    )

    objects = OrderUnitQuerySet.as_manager()

    class Meta:
        verbose_name = _("unit")
        verbose_name_plural = _("units")
        ordering = ("line", "index")
        constraints = [models.UniqueConstraint(fields=("line", "index"), name="shop_orderunit_index_once")]
        indexes = [
            # Few rows: without this index, all rows of a line of a hundred thousand units are read to find that nothing
            # was asked.
            models.Index(fields=("line", "index"), condition=~WITHOUT_ANSWERS, name="shop_orderunit_answered"),
            models.Index(fields=("line",), condition=Q(blank_when_done=True), name="shop_orderunit_to_blank"),
        ]

    def __str__(self) -> str:
        return f"{self.line_id}/{self.index}"


class LineFeedback(models.Model):
    """Feedback of a hook for its three audiences, in every language. Append-only."""

    class Hook(models.TextChoices):
        PRE_PAYMENT = "pre_payment", _("before payment")
        POST_PAYMENT = "post_payment", _("after payment")
        REVOKE = "revoke", pgettext_lazy("when a handler spoke", "given back")

    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="feedback")
    hook = models.CharField(max_length=12, choices=Hook.choices)
    at = models.DateTimeField()
    public = models.JSONField(default=dict, db_default={})
    customer = models.JSONField(default=dict, db_default={})
    sales = models.JSONField(default=dict, db_default={})

    class Meta:
        ordering = ("pk",)
        verbose_name = _("feedback")
        verbose_name_plural = _("feedback")

    def __str__(self) -> str:
        return f"{self.hook} {self.line_id}"

    @property
    def public_text(self) -> str:
        return in_reader_language(self.public)

    @property
    def customer_text(self) -> str:
        return in_reader_language(self.customer)

    @property
    def sales_text(self) -> str:
        return in_reader_language(self.sales)


class OrderEvent(models.Model):
    """Event in an order's history: who, when, from, to, why. Append-only."""

    class What(models.TextChoices):
        PLACED = "placed", _("order placed")
        METHOD_CHOSEN = "method_chosen", _("payment method chosen")
        PAID = "paid", _("payment received")
        PLANNED = "planned", _("money asked for in parts")
        PROMISED = "promised", _("promise of payment accepted")
        PART_PAID = "part_paid", _("part of the payment received")
        CHARGED_BACK = "charged_back", _("payment taken back by the bank")
        DECLINED = "declined", _("payment declined")
        MONEY_RECORDED = "money_recorded", _("money recorded, order unchanged")
        MONEY_HANDLED = "money_handled", _("payment resolved")
        MONEY_REOPENED = "money_reopened", _("payment reopened")
        LINE_FULFILLED = "line_fulfilled", _("line delivered")
        LINE_FAILED = "line_failed", _("line failed")
        LINE_RETRIED = "line_retried", _("delivery tried again")
        COMPLETED = "completed", _("order completed")
        CLAIMED = "claimed", _("order claimed")
        OPERATOR_REPLACED = "operator_replaced", _("operator replaced by an owner")
        UNITS_GIVEN_BACK = "units_given_back", _("units given back")
        CANCELLED = "cancelled", _("order cancelled")
        EXPIRED = "expired", _("order expired unpaid")
        REFUNDED = "refunded", _("everything given back")
        PAID_BACK = "paid_back", _("amount paid back")
        OWED_AGAIN = "owed_again", _("amount owed again")
        REFUND_ASKED = "refund_asked", _("refund sent on its way")
        REFUND_FAILED = "refund_failed", _("refund failed, amount owed again")
        ADDRESS_PROVED = "address_proved", _("address proved")
        PLACES_RELEASED = "places_released", _("places released")
        PLACES_RETAKEN = "places_retaken", _("places taken again")
        BILLING_CORRECTED = "billing_corrected", _("billing data corrected")
        SECOND_PERSON = "second_person", _("approved by a second person")
        WITHDRAWN = "withdrawn", _("customer withdrew from the contract")
        FROZEN = "frozen", _("seats and delivery frozen")
        UNFROZEN = "unfrozen", _("no longer frozen")
        SEALED = "sealed", _("closed to accounting")
        BLANKED = "blanked", _("personal data blanked")

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField(_("at"))
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    what = models.CharField(_("what"), max_length=20, choices=What.choices)
    from_status = models.CharField(_("from"), max_length=10, blank=True)
    to_status = models.CharField(_("to"), max_length=10, blank=True)
    detail = models.JSONField(_("detail"), default=dict, db_default={})

    class Meta:
        verbose_name = _("order event")
        verbose_name_plural = _("order events")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.what} {self.order_id}"

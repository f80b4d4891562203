from __future__ import annotations

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.cancelling import CancelTerms
from catalog.sold_taxes import SoldTax
from common.languages import in_reader_language
from enrolments.seats.move_terms import movable_in_words
from handlers.asked_fields import AskedField
from shop.orders.models import Order


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
    unit_gross = models.DecimalField(
        _("unit price with tax"), max_digits=12, decimal_places=2, null=True, editable=False,
        help_text="As typed; empty where prices were typed net.",
    )  # fmt: skip
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
    move_days_before = models.PositiveSmallIntegerField(
        null=True, help_text="Days before the course until which the account may move people; null for no such limit."
    )
    is_digital_content = models.BooleanField(
        default=False, db_default=False, help_text="Content on demand, of which a private buyer may waive withdrawal."
    )
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
    def unit_shown(self) -> Decimal:
        """Price of a unit as pages show it: with tax where it was typed so."""
        return self.unit_net if self.unit_gross is None else self.unit_gross

    @property
    def unit_net_exact(self) -> Decimal:
        """Net price of a charged unit, up to six decimals where the line's net is no multiple of one in cents."""
        if not self.charged or self.unit_net * self.charged == self.net:
            return self.unit_net
        return (self.net / self.charged).quantize(Decimal("0.000001"))

    @property
    def total_shown(self) -> Decimal:
        """Amount of the line beside `unit_shown`."""
        return self.net if self.unit_gross is None else self.gross

    @property
    def sold_tax(self) -> SoldTax:
        return SoldTax(self.tax_rate, self.tax_terms)

    @property
    def amounts(self) -> tuple[Decimal, Decimal]:
        """Net and tax."""
        return self.net, self.tax

    @property
    def moving(self) -> str:
        """Days until which the account may move people, in words; "" without such a limit."""
        return movable_in_words(self.move_days_before)

    @property
    def treatment(self) -> str:
        """Key of `documents.invoices.treatments`. A rate above 0 was a standard one before there were tax codes; for
        one of 0 it is "" until the merchant says its code."""
        return str(self.tax_terms.get("treatment", "")) or ("standard" if self.tax_rate else "")

    @property
    def tax_mention(self) -> str:
        """Sentence of the law that tells why there is no tax, in the reader's language; "" where there is some."""
        return self.sold_tax.mention

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
                condition=Q(unit_gross__isnull=True) | Q(unit_gross__gte=0, gross=F("unit_gross") * F("charged")),
                name="shop_orderline_gross_as_typed",
            ),
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

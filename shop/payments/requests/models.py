"""Payment requests of orders, and what payments gave to each. Rows change under their order's lock alone."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PaymentRequest(models.Model):
    """Part of an order's total that is asked for: by default one, of the whole.

    A trigger keeps that those of an order that are not withdrawn sum to its total; all are withdrawn when the order
    ends unpaid. `lowered` is what is not asked for any more, since units were given back. `replaced_at` is set on one
    that another plan of payment has replaced: it never comes back.
    """

    class State(models.TextChoices):
        OPEN = "open", _("to be paid")
        PAID = "paid", _("paid")
        COVERED = "covered", _("promised")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Promise(models.TextChoices):
        ON_ACCOUNT = "on_account", _("on account")
        PUBLIC_MANDATE = "public_mandate", _("purchase order of a public body")
        OPCO = "opco", _("share of an OPCO")

    REFERENCE_LENGTH = 120

    order = models.ForeignKey("shop.Order", on_delete=models.PROTECT, related_name="requests")
    position = models.PositiveIntegerField(pgettext_lazy("payment request", "part"), help_text="From 1.")
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    lowered = models.DecimalField(
        _("not asked for any more"), max_digits=12, decimal_places=2, default=Decimal(0), db_default=Decimal("0.00")
    )
    due_on = models.DateField(_("due on"), null=True, help_text="Empty: at once.")
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.OPEN, db_default=State.OPEN
    )
    promise = models.CharField(_("promise"), max_length=14, choices=Promise.choices, blank=True, db_default="")
    promise_reference = models.CharField(
        _("reference of the promise"), max_length=REFERENCE_LENGTH, blank=True, db_default=""
    )
    giver = models.JSONField(
        _("promised by"), default=dict, db_default={}, blank=True,
        help_text="Organisation that pays this share, by the fields of `Giver`; empty for the buyer.",
    )  # fmt: skip
    promised_at = models.DateTimeField(_("promised at"), null=True)
    promised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    # Of the pay link mailed to an outside payer; the token is derived, and only its hash stored.
    link_nonce = models.CharField(max_length=22, blank=True, db_default="")
    link_hash = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001  null is no link; "" would be one
    replaced_at = models.DateTimeField(_("replaced"), null=True)
    created_at = models.DateTimeField(_("asked since"), db_default=Now())

    class Meta:
        verbose_name = _("payment request")
        verbose_name_plural = _("payment requests")
        ordering = ("order", "position")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=("order", "position"), name="shop_paymentrequest_position_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="shop_paymentrequest_amount"),
            models.CheckConstraint(
                condition=Q(lowered__gte=0, lowered__lte=F("amount")), name="shop_paymentrequest_lowered"
            ),
            models.CheckConstraint(
                condition=Q(state__in=("open", "paid", "covered", "withdrawn")), name="shop_paymentrequest_state_known"
            ),
            models.CheckConstraint(
                condition=Q(promise="", promised_at__isnull=True)
                | Q(promise__in=("on_account", "public_mandate", "opco"), promised_at__isnull=False),
                name="shop_paymentrequest_promise_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="covered") | ~Q(promise=""), name="shop_paymentrequest_covered_by_a_promise"
            ),
            models.CheckConstraint(
                condition=Q(replaced_at__isnull=True) | Q(state="withdrawn"), name="shop_paymentrequest_replaced"
            ),
        ]
        indexes = [
            models.Index(
                fields=("due_on",),
                condition=Q(state__in=("open", "covered")),
                name="shop_paymentrequest_owed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.position}"


class Allocation(models.Model):
    """Money of a payment given to a request. `released_at`: since when it is not, as the order ended unpaid, or as the
    bank took it back by `charge_back`. Triggers keep that neither payment nor request is exceeded."""

    payment = models.ForeignKey("shop.Payment", on_delete=models.PROTECT, related_name="allocations")
    request = models.ForeignKey(PaymentRequest, on_delete=models.PROTECT, related_name="allocations")
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    at = models.DateTimeField(_("at"))
    released_at = models.DateTimeField(pgettext_lazy("allocated payment", "released"), null=True)
    charge_back = models.ForeignKey(
        "shop.ChargeBack", on_delete=models.PROTECT, null=True, db_index=False, related_name="allocations"
    )

    class Meta:
        verbose_name = _("allocated payment")
        verbose_name_plural = _("allocated payments")
        ordering = ("pk",)
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=("payment", "request"), condition=Q(released_at__isnull=True), name="shop_allocation_once"
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="shop_allocation_amount"),
            models.CheckConstraint(
                condition=Q(charge_back__isnull=True) | Q(released_at__isnull=False),
                name="shop_allocation_taken_back_released",
            ),
        ]
        indexes = [
            models.Index(
                fields=("charge_back",), condition=Q(charge_back__isnull=False), name="shop_allocation_charge_back"
            )
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} → {self.request_id}"

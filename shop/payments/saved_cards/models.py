"""Cards that customers have saved for the parts of an order that are due later, and what became of charging them."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.payments.labels import METHOD_LABELS


class SavedCard(models.Model):
    """Card of an order's customer, or of an outside payer, kept by a provider, or being saved there.

    `request` is the part whose pay link it was saved by: that part alone is charged, and it goes before the customer's
    own card; None for the customer's. `key` is committed before the provider is called. `reference` is the provider's
    name of the page on which the card is saved, `card` its name of the card, empty until it is.
    """

    class State(models.TextChoices):
        BEGUN = "begun", _("begun")
        STARTED = "started", _("at the provider")
        SAVED = "saved", _("saved")
        ENDED = "ended", _("ended")

    LIVE = (State.BEGUN, State.STARTED, State.SAVED)

    key = models.UUIDField(default=uuid.uuid4)
    order = models.ForeignKey("shop.Order", on_delete=models.PROTECT, related_name="saved_cards")
    request = models.ForeignKey(
        "shop.PaymentRequest", on_delete=models.PROTECT, null=True, db_index=False, related_name="saved_cards"
    )
    provider = models.CharField(_("provider"), max_length=30)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.BEGUN, db_default=State.BEGUN
    )
    reference = models.CharField(max_length=200, default="", db_default="", blank=True)
    url = models.TextField(default="", db_default="", blank=True)
    card = models.CharField(max_length=200, default="", db_default="", blank=True)
    last4 = models.PositiveSmallIntegerField(null=True)
    begun_at = models.DateTimeField()
    open_until = models.DateTimeField(null=True)
    saved_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("saved card")
        verbose_name_plural = _("saved cards")
        ordering = ("pk",)
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=("key",), name="shop_savedcard_key_once"),
            # Two tabs lead to one page, and a charge never has to choose.
            models.UniqueConstraint(
                fields=("order",),
                condition=Q(state__in=("begun", "started", "saved"), request__isnull=True),
                name="shop_savedcard_own_one_live",
            ),
            models.UniqueConstraint(
                fields=("request",),
                condition=Q(state__in=("begun", "started", "saved"), request__isnull=False),
                name="shop_savedcard_of_part_one_live",
            ),
            models.UniqueConstraint(
                fields=("provider", "reference"), condition=~Q(reference=""), name="shop_savedcard_reference_once"
            ),
            models.CheckConstraint(
                condition=Q(state="begun", reference="", card="")
                | Q(state="started", card="") & ~Q(reference="")
                | Q(state="saved", saved_at__isnull=False) & ~Q(card="")
                | Q(state="ended"),
                name="shop_savedcard_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{METHOD_LABELS.of(self.provider)} · {self.order_id}"


class CardCharge(models.Model):
    """Charging of a saved card for one part of an order: tries begun, and the moment of the next look, None for none.

    `attempt` is the try under way, None between tries. `problem` is the provider's code of the last refusal.
    """

    card = models.ForeignKey(SavedCard, on_delete=models.PROTECT, related_name="charges")
    request = models.ForeignKey("shop.PaymentRequest", on_delete=models.PROTECT, related_name="card_charges")
    attempt = models.OneToOneField(
        "shop.PaymentAttempt", on_delete=models.PROTECT, null=True, related_name="card_charge"
    )
    tries = models.PositiveSmallIntegerField(default=0, db_default=0)
    next_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=60, default="", db_default="", blank=True)
    needs_customer = models.BooleanField(default=False, db_default=False)

    class Meta:
        verbose_name = _("charge of a saved card")
        verbose_name_plural = _("charges of saved cards")
        ordering = ("pk",)
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=("card", "request"), name="shop_cardcharge_once"),
        ]
        indexes = [
            models.Index(fields=("next_at",), condition=Q(next_at__isnull=False), name="shop_cardcharge_due"),
        ]

    def __str__(self) -> str:
        return f"{self.card_id} → {self.request_id}"

"""Attempts to pay at a provider: each is committed before the provider is called."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shop.payments.labels import METHOD_LABELS

# Longer than any customer needs, shorter than the time for which providers know a key again.
KEY_HOLDS_FOR = timedelta(hours=12)
# A provider that is only away for an hour is told of by its outage.
SILENT_AFTER = timedelta(days=1)
# A direct debit takes two weeks at most, a card three days.
HANGS_AFTER = timedelta(days=15)
GIVEN_UP_AFTER = timedelta(days=30)
# One that was given up is shown for another month.
SHOWN_FOR = timedelta(days=60)


class PaymentAttemptQuerySet(models.QuerySet["PaymentAttempt"]):
    def needing_attention(self) -> PaymentAttemptQuerySet:
        """Filter attempts about which nobody knows whether money moved: given up in the last weeks, open for longer
        than any payment takes, or of a provider that has not answered, or has refused, for a day."""
        given_up = Q(state=PaymentAttempt.State.GIVEN_UP, begun_at__gt=Now() - SHOWN_FOR)
        silent = ~Q(problem="") & Q(begun_at__lt=Now() - SILENT_AFTER)
        hangs = silent | Q(begun_at__lt=Now() - HANGS_AFTER)
        return self.filter(given_up | Q(ask_again_at__isnull=False) & hangs)


class PaymentAttempt(models.Model):
    """Payment begun at a provider, or about to be, for a payment request of an order, None for a whole order of a
    former release.

    `key` is committed before the call and goes with it: after a crash the same call, or a look at the provider, finds
    what the call did. An open attempt is asked about from time to time (`ask_again_at`). One that is withdrawn is
    offered to nobody any more, and is ended at the provider.
    """

    class State(models.TextChoices):
        BEGUN = "begun", _("not answered yet")
        STARTED = "started", _("open at the provider")
        ENDED = "ended", pgettext_lazy("payment at a provider", "ended")
        GIVEN_UP = "given_up", _("given up")

    OPEN = (State.BEGUN, State.STARTED)

    key = models.UUIDField(_("key"), default=uuid.uuid4)
    order = models.ForeignKey("shop.Order", on_delete=models.PROTECT, related_name="payment_attempts")
    request = models.ForeignKey("shop.PaymentRequest", on_delete=models.PROTECT, null=True, related_name="attempts")
    provider = models.CharField(_("provider"), max_length=30)
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    currency = models.CharField(_("currency"), max_length=3)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.BEGUN, db_default=State.BEGUN
    )
    reference = models.CharField(_("reference"), max_length=200, default="", db_default="", blank=True)
    url = models.TextField(default="", db_default="", blank=True)
    # Charged to a saved card, with nobody on a page.
    by_card = models.BooleanField(_("by a saved card"), default=False, db_default=False)
    # Begun on the page of a pay link, or charged to a card that was saved there; not on the order's page.
    by_link = models.BooleanField(_("by a pay link"), default=False, db_default=False)
    begun_at = models.DateTimeField(_("begun"))
    open_until = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    times_asked = models.PositiveIntegerField(_("times asked"), default=0, db_default=0)
    ask_again_at = models.DateTimeField(_("asked again"), null=True)
    problem = models.CharField(_("last problem"), max_length=60, default="", db_default="", blank=True)

    objects = PaymentAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment at a provider")
        verbose_name_plural = _("payments at providers")
        ordering = ("-pk",)
        constraints = [
            models.UniqueConstraint(fields=("key",), name="shop_paymentattempt_key_once"),
            models.UniqueConstraint(
                fields=("provider", "reference"), condition=~Q(reference=""), name="shop_paymentattempt_reference_once"
            ),
            # Two tabs lead to the same page of the provider.
            models.UniqueConstraint(
                fields=("order", "provider", "request"),
                condition=Q(state__in=("begun", "started"), withdrawn_at__isnull=True),
                nulls_distinct=False,
                name="shop_paymentattempt_one_live",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="shop_paymentattempt_amount"),
            models.CheckConstraint(
                condition=Q(state="begun", reference="")
                | Q(state="started") & ~Q(reference="")
                | Q(state__in=("ended", "given_up")),
                name="shop_paymentattempt_state",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("begun", "started"), ask_again_at__isnull=False)
                | Q(state__in=("ended", "given_up"), ask_again_at__isnull=True),
                name="shop_paymentattempt_asked_while_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=("ask_again_at",), condition=Q(ask_again_at__isnull=False), name="shop_paymentattempt_to_ask"
            ),
            models.Index(fields=("begun_at",), condition=Q(state="given_up"), name="shop_paymentattempt_given_up"),
        ]

    def __str__(self) -> str:
        return f"{METHOD_LABELS.of(self.provider)} · {self.reference or self.key}"

"""Plans of payment offered for a cart: by kind of buyer, entries and total, as the table of rules allows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from accounts.members.models import Buyer
from catalog.models.entries import Entry, Vocational
from common.plain_rows import plain_rows_with
from shop.checkout.buyers import Rules, rules_for
from shop.payments.plans.models import PaymentPlan
from shop.payments.requests.planning import Part, PlanTooFine, divide
from shop.seller.models import ShopIdentity

_FOR = {Buyer.COMPANY: "for_companies", Buyer.PUBLIC: "for_public_bodies", Buyer.PERSON: "for_persons"}
_OFFERS = "EXISTS (SELECT FROM shop_paymentplan plan WHERE plan.is_offered)"


@dataclass(frozen=True)
class OfferedPlan:
    """Plan of payment worked out for one total and one day of ordering."""

    key: int
    release_rule: str
    parts: tuple[Part, ...]

    @property
    def fingerprint(self) -> list[Any]:
        """Return all that an order takes from the plan, to be compared."""
        return [self.key, self.release_rule, [[str(part.amount), str(part.due_on)] for part in self.parts]]


def seller_and_plans() -> tuple[ShopIdentity, bool]:
    """Return the shop's row, blank and not stored if there is none, and whether any plan is offered. One query, two
    without a row."""
    for seller, offers in plain_rows_with(ShopIdentity, _OFFERS, "WHERE id = 1", []):
        return seller, offers
    return ShopIdentity(pk=1), PaymentPlan.objects.filter(is_offered=True).exists()


def plans_for(
    *, entries: Collection[Entry], buyer: Buyer, total: Decimal, currency: str, today: date
) -> list[OfferedPlan]:
    """Return the plans that a buyer may choose for a cart of these entries, in their order. Two queries at most."""
    if total <= 0 or currency != settings.SHOP_CURRENCY:
        return []
    found = PaymentPlan.objects.filter(is_offered=True, least_total__lte=total, **{_FOR[buyer]: True})
    keys = {entry.pk for entry in entries}
    rules = [rules_for(buyer, is_vocational=entry.vocational != Vocational.NO) for entry in entries]
    offered = []
    for plan in found.prefetch_related("entries"):
        only = {entry.pk for entry in plan.entries.all()}
        parts = parts_of_plan(plan, total, currency, today=today)
        if parts and (not only or keys <= only) and all(allows(rule, parts, today=today) for rule in rules):
            offered.append(OfferedPlan(plan.pk, plan.release_rule, tuple(parts)))
    return offered


def parts_of_plan(plan: PaymentPlan, total: Decimal, currency: str, *, today: date) -> list[Part]:
    """Divide a total as a plan says, for an order of today; [] for a plan whose day has passed, or for a total that is
    too small."""
    if plan.first_on is not None and plan.first_on < today:
        return []
    try:
        return divide(
            total,
            currency,
            deposit_percent=plan.deposit_percent,
            deposit_on=today + timedelta(days=plan.deposit_days) if plan.deposit_days else None,
            instalments=plan.instalments,
            first_on=plan.first_on or today + timedelta(days=plan.first_days),
            days_between=plan.days_between,
        )
    except PlanTooFine:
        return []


def allows(rules: Rules, parts: Sequence[Part], *, today: date) -> bool:
    """Tell whether the rules for a buyer allow parts: where nothing may be asked before the days for withdrawal are
    over, each is due after them, and the first is no larger than the rules say."""
    if rules.pays_at_once:
        return True
    over_on = today + timedelta(days=rules.withdrawal_days or 0)
    if any(part.due_on is None or part.due_on <= over_on for part in parts):
        return False
    total = sum((part.amount for part in parts), Decimal(0))
    return rules.first_part_at_most is None or parts[0].amount * 100 <= total * rules.first_part_at_most

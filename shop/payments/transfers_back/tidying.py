"""Blanking of bank accounts to which money went back, some time after it arrived."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q

from common.tidying import BATCH, tidies
from shop.payments.refunds.models import Refund
from shop.payments.transfers_back.models import PayeeAccount
from shop.payments.transfers_back.personal_data import BLANK, is_needed


@tidies("payee_accounts", "shop_payeeaccount")
def payee_accounts(before: datetime, limit: int) -> int:
    """Blank accounts to which nothing is under way, nor arrived or failed since a moment."""
    lately = Exists(Refund.objects.filter(Q(done_at__gte=before) | Q(failed_at__gte=before), payee=OuterRef("pk")))
    old = PayeeAccount.objects.filter(~lately, ~is_needed(), typed_at__lt=before).exclude(secrets={})
    keys = list(old.order_by("pk").values_list("pk", flat=True)[: min(limit, BATCH)])
    return PayeeAccount.objects.filter(pk__in=keys).update(**BLANK)

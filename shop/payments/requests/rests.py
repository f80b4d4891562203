"""Rest of payment requests that is still to come, for queries over them."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import F, OuterRef, Subquery, Sum, Value
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Coalesce

from shop.payments.requests.models import Allocation


def rest() -> CombinedExpression:
    """Return what is still to come for a request, promised or not: what it asks for, less what it was given."""
    given = Allocation.objects.filter(request=OuterRef("pk"), released_at__isnull=True).order_by().values("request")
    received = Coalesce(Subquery(given.values(sum=Sum("amount"))), Value(Decimal("0.00")))
    return F("amount") - F("lowered") - received

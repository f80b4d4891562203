"""Filter of the list of payment methods."""

from __future__ import annotations

from django.db.models import QuerySet

from common.admin.filters import AttentionFilter
from shop.payments.configured.findings import findings
from shop.payments.configured.models import ProviderSettings


class InVainFilter(AttentionFilter):
    """Filter of methods that are offered and cannot be used."""

    def needing_attention(self) -> QuerySet[ProviderSettings]:
        return ProviderSettings.objects.filter(name__in=[each.provider.name for each in findings()])

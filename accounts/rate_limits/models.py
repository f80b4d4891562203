from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.moments import in_shop_zone


class Attempts(models.Model):
    """Count of attempts at one thing within a stretch of time. Person and thing are a keyed hash: nobody is named.

    Written by `accounts.rate_limits.services` alone.
    """

    key = models.CharField(primary_key=True, max_length=64)
    since = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("counted attempts")
        verbose_name_plural = _("counted attempts")

    def __str__(self) -> str:
        return f"{self.count} since {in_shop_zone(self.since):%Y-%m-%d %H:%M}"

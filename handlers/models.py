"""Broken hooks, as the merchant sees them."""

from __future__ import annotations

from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.words import Text
from handlers.faults import Fault


class BrokenHookQuerySet(models.QuerySet["BrokenHook"]):
    def of_handlers(self, names: set[str]) -> BrokenHookQuerySet:
        """Return the faults of these handlers (``specific/<folder>`` for a specific one), the latest first."""
        return self.filter(handler__in=names).order_by("-last_seen_at", "pk")

    def note(self, fault: Fault) -> None:
        """Record a fault, or count it once more. One statement."""
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO handlers_brokenhook AS known (handler, hook, file, line, error, detail)
                VALUES (%s, %s, %s, %s, %s, %s)
                ON CONFLICT (handler, hook, file, line, error)
                DO UPDATE SET detail = excluded.detail, times = known.times + 1, last_seen_at = statement_timestamp()
                """,
                [fault.handler[:110], fault.hook[:40], fault.file, fault.line, fault.error, fault.detail],
            )


class BrokenHook(models.Model):
    """One fault of one hook at one place. Rows are deleted by the merchant once it is mended."""

    handler = models.CharField(_("extension"), max_length=110)
    hook = models.CharField(_("hook"), max_length=40)
    file = models.CharField(_("file"), max_length=300, blank=True, default="", db_default="")
    line = models.PositiveIntegerField(_("line"), default=0, db_default=0)
    error = models.CharField(_("error"), max_length=100)
    detail = models.CharField(_("detail"), max_length=500, blank=True, default="", db_default="")
    times = models.PositiveIntegerField(_("times"), default=1, db_default=1)
    first_seen_at = models.DateTimeField(_("first seen"), db_default=Now())
    last_seen_at = models.DateTimeField(_("last seen"), db_default=Now())

    objects = BrokenHookQuerySet.as_manager()

    class Meta:
        verbose_name = _("broken hook")
        verbose_name_plural = _("broken hooks")
        ordering = ("-last_seen_at", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=["handler", "hook", "file", "line", "error"], name="handlers_brokenhook_once"
            ),
            models.CheckConstraint(condition=Q(times__gte=1), name="handlers_brokenhook_seen"),
            models.CheckConstraint(
                condition=~Q(handler="") & ~Q(hook="") & ~Q(error=""), name="handlers_brokenhook_named"
            ),
        )

    def __str__(self) -> str:
        return f"{self.handler}: {self.hook}"

    @property
    def fault(self) -> Fault:
        return Fault(self.handler, self.hook, self.file, self.line, self.error, self.detail)

    @property
    def message(self) -> Text:
        """Return a sentence for the merchant."""
        return self.fault.message

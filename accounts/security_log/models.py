"""The security log: rows that are added, read, and deleted by age; never changed."""

from __future__ import annotations

from datetime import timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from accounts.security_log.kinds import Kind

# The database deletes no younger row, whoever asks; written into the trigger by the migration.
KEPT_AT_LEAST = timedelta(days=90)


class SecurityEvent(models.Model):
    """One event. People are named by their keys and no names, so that forgetting a person breaks nothing.

    A trigger of the database refuses every UPDATE, TRUNCATE, and the DELETE of a row younger than `KEPT_AT_LEAST`.
    `network` is a keyed hash: it tells that two events came from one place, and no place. Written by
    `accounts.security_log.services` alone.
    """

    at = models.DateTimeField(_("at"), db_default=Now())
    kind = models.CharField(_("kind"), max_length=40)
    user_id = models.BigIntegerField(_("person"), null=True, blank=True)
    actor_id = models.BigIntegerField(_("by"), null=True, blank=True)
    network = models.CharField(_("network"), max_length=16, blank=True, default="", db_default="")
    details = models.JSONField(_("details"), default=dict, db_default={}, blank=True, encoder=DjangoJSONEncoder)
    # Names an event that is recorded once: "viewed 7 by 3 in this hour".
    once_key = models.CharField(max_length=200, null=True, blank=True, editable=False)  # noqa: DJ001

    class Meta:
        verbose_name = _("security event")
        verbose_name_plural = _("security log")
        ordering = ("-id",)
        default_permissions = ("view",)
        constraints = (
            models.CheckConstraint(condition=~Q(kind=""), name="accounts_securityevent_kind_given"),
            models.UniqueConstraint(fields=["once_key"], name="accounts_securityevent_once"),
        )
        indexes = (
            models.Index(fields=["at"], name="accounts_secevent_at"),
            models.Index(fields=["kind", "at"], name="accounts_secevent_kind"),
            models.Index(fields=["user_id", "at"], condition=Q(user_id__isnull=False), name="accounts_secevent_user"),
            models.Index(
                fields=["actor_id", "at"], condition=Q(actor_id__isnull=False), name="accounts_secevent_actor"
            ),
        )

    def __str__(self) -> str:
        return f"{self.label} · {self.pk}"

    @property
    def label(self) -> str:
        """Return the kind in words; the bare kind where this release does not know it."""
        return str(Kind(self.kind).label) if self.kind in Kind.values else self.kind

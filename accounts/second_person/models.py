"""Acts that wait for a second person."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.second_person.acts import ACTS


class Approval(models.Model):
    """Act that somebody asked for, and that another person approves or declines.

    `kind` names an act of `accounts.second_person.acts`; `values` are those it is done with, `about` names what it is
    done to ("order:12"). Written by `accounts.second_person.services` alone.
    """

    class State(models.TextChoices):
        OPEN = "open", _("waits for a second person")
        APPROVED = "approved", _("approved")
        DECLINED = "declined", _("declined")

    kind = models.CharField(_("act"), max_length=40)
    about = models.CharField(max_length=80)
    values = models.JSONField(default=dict, db_default={})
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("asked by")
    )
    asked_at = models.DateTimeField(_("asked on"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN, db_default="open")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided on"), null=True)

    objects: ClassVar[models.Manager[Approval]] = models.Manager()

    class Meta:
        verbose_name = _("act for a second person")
        verbose_name_plural = _("second person")
        ordering = ("-pk",)
        default_permissions = ("view",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state="open", decided_by__isnull=True, decided_at__isnull=True)
                | Q(state__in=("approved", "declined"), decided_by__isnull=False, decided_at__isnull=False),
                name="accounts_approval_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | ~Q(decided_by=F("asked_by")), name="accounts_approval_by_another"
            ),
            models.UniqueConstraint(
                fields=["kind", "about"], condition=Q(state="open"), name="accounts_approval_open_once"
            ),
        )

    def __str__(self) -> str:
        act = ACTS.find(self.kind)
        return str(act.label) if act else self.kind


class ActAlone(models.Model):
    """Worth of an act that one person did without a second one, for the sum of their acts of a day.

    Written by `accounts.second_person.services` alone, and only where the shop limits the act.
    """

    kind = models.CharField(max_length=40)
    worth = models.DecimalField(max_digits=12, decimal_places=2)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField(db_index=True)

    objects: ClassVar[models.Manager[ActAlone]] = models.Manager()

    class Meta:
        verbose_name = _("act of one person alone")
        verbose_name_plural = _("acts of one person alone")
        default_permissions = ()
        constraints = (models.CheckConstraint(condition=Q(worth__gt=0), name="accounts_actalone_worth"),)
        indexes = (models.Index(fields=["actor", "kind", "at"], name="accounts_actalone_lately"),)

    def __str__(self) -> str:
        return f"{self.kind} · {self.worth}"

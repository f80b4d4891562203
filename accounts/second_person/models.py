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

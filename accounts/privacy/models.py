from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.personal_data import Person

MAX_REASON = 500


class ErasureRequest(models.Model):
    """Request of a person to be erased: asked by themself or noted by staff, carried out or refused with a reason.

    While the erasure runs, `known` holds the addresses and names to look for, which the person's own row has lost. It
    is emptied in the end. Moved by `accounts.privacy` alone, by conditional updates.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("request for erasure", "Open")
        RUNNING = "running", pgettext_lazy("request for erasure", "Being carried out")
        DONE = "done", pgettext_lazy("request for erasure", "Done")
        REFUSED = "refused", pgettext_lazy("request for erasure", "Refused")
        WITHDRAWN = "withdrawn", pgettext_lazy("request for erasure", "Withdrawn")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="erasure_requests",
        verbose_name=_("person"),
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("asked by"),
    )
    asked_at = models.DateTimeField(_("asked on"))
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.OPEN, db_default=State.OPEN
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("decided by"),
    )
    decided_at = models.DateTimeField(_("decided on"), null=True, blank=True)
    reason = models.CharField(_("why refused"), max_length=MAX_REASON, blank=True, default="", db_default="")
    known = models.JSONField(default=dict, db_default={}, blank=True, editable=False)
    rows = models.PositiveIntegerField(_("rows blanked"), default=0, db_default=0)
    ended_at = models.DateTimeField(_("done on"), null=True, blank=True)

    objects: ClassVar[models.Manager[ErasureRequest]] = models.Manager()

    class Meta:
        verbose_name = _("request for erasure")
        verbose_name_plural = _("requests for erasure")
        ordering = ("-pk",)
        default_permissions = ("view",)
        permissions = (("erase_people", _("Can erase people")),)
        constraints = (
            models.CheckConstraint(
                condition=Q(state="open", decided_by__isnull=True, decided_at__isnull=True)
                | Q(state__in=["running", "done"], decided_by__isnull=False, decided_at__isnull=False, reason="")
                | Q(state="refused", decided_by__isnull=False, decided_at__isnull=False)
                | Q(state="withdrawn", decided_by__isnull=True, decided_at__isnull=False, reason=""),
                name="accounts_erasure_shape",
            ),
            models.CheckConstraint(
                condition=Q(state="done", ended_at__isnull=False) | (~Q(state="done") & Q(ended_at__isnull=True)),
                name="accounts_erasure_ended_when_done",
            ),
            models.CheckConstraint(condition=Q(state="running") | Q(known={}), name="accounts_erasure_forgets"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(state__in=["open", "running"]), name="accounts_erasure_once"
            ),
        )
        indexes = (models.Index(fields=["state", "id"], name="accounts_erasure_state"),)

    def __str__(self) -> str:
        return f"{self.person} · {self.get_state_display()}"

    @property
    def sought(self) -> Person:
        """The person to look for in an erasure that runs."""
        return Person(
            key=self.person_id,
            emails=frozenset(self.known.get("emails", ())),
            names=frozenset((first, last) for first, last in self.known.get("names", ())),
            namesakes=frozenset(self.known.get("namesakes", ())),
            their_emails=frozenset(self.known.get("their_emails", ())),
        )

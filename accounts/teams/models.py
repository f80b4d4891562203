from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from common.search import sort_column

MAX_TEAM_NAME_LENGTH = 80


class Team(models.Model):
    """Site, department or the like: a label of an account for its people and seats.

    With a `quota`, operators place nobody who would take the team beyond so many seats in use. `sort_name` is the name
    without case and accents, by which two teams are the same.
    """

    account = models.ForeignKey(
        CustomerAccount, on_delete=models.PROTECT, related_name="teams", verbose_name=_("customer account")
    )
    name = models.CharField(_("name"), max_length=MAX_TEAM_NAME_LENGTH)
    quota = models.PositiveIntegerField(_("seats in use at most"), null=True, blank=True)
    created_at = models.DateTimeField(_("since"), default=timezone.now, db_default=Now(), editable=False)
    sort_name = sort_column("name")

    objects: ClassVar[models.Manager[Team]] = models.Manager()

    class Meta:
        verbose_name = pgettext_lazy("of an account", "team")
        verbose_name_plural = pgettext_lazy("of an account", "teams")
        ordering = ("sort_name", "pk")
        constraints = (
            models.UniqueConstraint(fields=["account", "sort_name"], name="accounts_team_name_once"),
            models.CheckConstraint(condition=~models.Q(sort_name=""), name="accounts_team_has_name"),
            # What refers to a team of another account is refused by keys of both columns (migrations).
            models.UniqueConstraint(fields=["id", "account"], name="accounts_team_of_account"),
        )

    def __str__(self) -> str:
        return self.name

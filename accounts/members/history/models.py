from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from common.moments import in_shop_zone


class MemberEvent(models.Model):
    """Act in a customer account that leaves no other trace: who, when, what, whom it concerned.

    Never edited, and deleted with its account only: the database refuses both. It copies no name and no address of a
    person: `link` holds the address of an invitation as long as links are kept. `actor` is empty where the shop acted.
    """

    class Kind(models.TextChoices):
        INVITED = "invited", pgettext_lazy("act in an account", "Invitation of a colleague")
        WITHDRAWN = "withdrawn", pgettext_lazy("act in an account", "Invitation withdrawn")
        JOINED = "joined", pgettext_lazy("act in an account", "New member")
        ROLES = "roles", pgettext_lazy("act in an account", "Roles changed")
        HANDED_OVER = "handed_over", pgettext_lazy("act in an account", "Account handed over")
        REMOVED = "removed", pgettext_lazy("act in an account", "Member removed")
        LEFT = "left", pgettext_lazy("act in an account", "Member left")
        DETAILS = "details", pgettext_lazy("act in an account", "Billing details changed")
        LIMITS = "limits", pgettext_lazy("act in an account", "Limits of an operator changed")
        TEAM_MADE = "team_made", pgettext_lazy("act in an account", "Team made")
        TEAM_CHANGED = "team_changed", pgettext_lazy("act in an account", "Team changed")
        TEAM_GONE = "team_gone", pgettext_lazy("act in an account", "Team removed")
        TEAM_PEOPLE = "team_people", pgettext_lazy("act in an account", "People put into a team, or out of one")
        DOWNLOADED = "downloaded", pgettext_lazy("act in an account", "Download")

    # Two references without a check in the database: the release before this one deletes old links, and the account of
    # an order that moves, without a look at this table.
    account = models.ForeignKey(
        CustomerAccount,
        on_delete=models.PROTECT,
        related_name="member_events",
        db_index=False,
        db_constraint=False,
        verbose_name=_("customer account"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    at = models.DateTimeField(_("when"), db_default=Now())
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("who"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("person"),
    )
    link = models.ForeignKey(
        "accounts.AddressLink",
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("link"),
    )
    detail = models.JSONField(_("detail"), default=dict, db_default={}, blank=True)

    objects: ClassVar[models.Manager[MemberEvent]] = models.Manager()

    class Meta:
        verbose_name = _("act in an account")
        verbose_name_plural = _("acts in accounts")
        ordering = ("pk",)
        default_permissions = ("view",)
        constraints = (
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "invited",
                        "withdrawn",
                        "details",
                        "downloaded",
                        "team_made",
                        "team_changed",
                        "team_gone",
                        "team_people",
                    ],
                    person__isnull=True,
                )
                | Q(kind__in=["joined", "roles", "handed_over", "removed", "left", "limits"], person__isnull=False),
                name="accounts_memberevent_shape",
            ),
            models.CheckConstraint(
                condition=Q(link__isnull=True) | Q(kind__in=["invited", "withdrawn", "joined"]),
                name="accounts_memberevent_link",
            ),
        )
        indexes = (models.Index(fields=["account", "at", "id"], name="accounts_memberevent_history"),)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {in_shop_zone(self.at):%Y-%m-%d %H:%M}"

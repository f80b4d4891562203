from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from accounts.teams.models import Team
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat

# A sheet of more codes is too long a page.
MOST_CODES = 500
MOST_PLACES = 100_000


class JoinLink(models.Model):
    """Way for people to take seats themselves: seats of one order line, or of one session.

    One link for all, whose token is derived from the row and stored as a hash; or, with `has_codes`, as many printed
    codes as there are places (`JoinCode`). Without a course people choose among those that the seats were sold for.
    """

    account = models.ForeignKey(
        CustomerAccount,
        on_delete=models.PROTECT,
        related_name="join_links",
        db_index=False,
        verbose_name=_("customer account"),
    )
    maker = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("made by")
    )
    batch = models.ForeignKey(
        SeatBatch,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="join_links",
        verbose_name=_("seats of an order line"),
    )
    group = models.ForeignKey(
        CourseGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="join_links",
        verbose_name=_("session"),
    )
    course = models.ForeignKey(
        Course,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("course"),
    )
    # Team that people join by the link; they get its seats, or those of no team. Without a check in the database: the
    # release before this one removes teams without a look at this table.
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="join_links",
        db_index=False,
        db_constraint=False,
        verbose_name=pgettext_lazy("of an account", "team"),
    )
    has_codes = models.BooleanField(_("printed codes"), default=False, db_default=False)
    places = models.PositiveIntegerField(_("places"))
    domains = models.TextField(
        _("mail domains"), blank=True, default="", db_default="", help_text=_("Empty: any domain.")
    )
    nonce = models.CharField(max_length=64, editable=False)
    token_hash = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    created_at = models.DateTimeField(_("made"))
    ends_at = models.DateTimeField(_("ends"))
    revoked_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("withdrawn by"),
    )

    class Meta:
        verbose_name = _("join link")
        verbose_name_plural = _("join links")
        ordering = ("-pk",)
        default_permissions = ("view",)
        constraints: ClassVar = (
            models.CheckConstraint(
                condition=Q(batch__isnull=False, group__isnull=True)
                | Q(batch__isnull=True, group__isnull=False, course__isnull=False),
                name="enrolments_joinlink_source",
            ),
            models.CheckConstraint(
                condition=Q(places__gte=1, places__lte=MOST_PLACES) & (Q(has_codes=False) | Q(places__lte=MOST_CODES)),
                name="enrolments_joinlink_places",
            ),
            models.CheckConstraint(
                condition=Q(has_codes=True, token_hash="") | Q(has_codes=False) & ~Q(token_hash=""),
                name="enrolments_joinlink_token",
            ),
            models.UniqueConstraint(
                fields=["token_hash"], condition=~Q(token_hash=""), name="enrolments_joinlink_token_once"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("created_at")), name="enrolments_joinlink_ends_later"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="enrolments_joinlink_revoked_by",
            ),
        )
        indexes = (
            models.Index(fields=["account", "id"], name="enrolments_joinlink_account"),
            models.Index(fields=["ends_at"], name="enrolments_joinlink_ends"),
        )

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_team_gone(self) -> bool:
        """Tell whether the team that people would join is no more. One statement for a link of a team."""
        return self.team_id is not None and not Team.objects.filter(pk=self.team_id, account=self.account_id).exists()

    @property
    def allowed_domains(self) -> list[str]:
        """Domains of the addresses that may join, in the spelling of `normalise_email`; none: all."""
        return self.domains.split()


class JoinCode(models.Model):
    """Printed code: derived from its link and number, stored as a hash. Good for one seat."""

    link = models.ForeignKey(
        JoinLink, on_delete=models.CASCADE, related_name="codes", db_index=False, verbose_name=_("join link")
    )
    number = models.PositiveIntegerField(_("number"))
    code_hash = models.CharField(max_length=64, unique=True, editable=False)
    revoked_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("withdrawn by"),
    )

    class Meta:
        verbose_name = _("printed code")
        verbose_name_plural = _("printed codes")
        ordering = ("link", "number")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["link", "number"], name="enrolments_joincode_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="enrolments_joincode_number_from_one"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="enrolments_joincode_revoked_by",
            ),
        )

    def __str__(self) -> str:
        return f"{self.link_id} · {self.number}"


class JoinUse(models.Model):
    """Seat taken through a link. `number` counts the uses of a link, or is that of the code used: one use for each."""

    link = models.ForeignKey(
        JoinLink, on_delete=models.CASCADE, related_name="uses", db_index=False, verbose_name=_("join link")
    )
    number = models.PositiveIntegerField(_("number"))
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="joins", verbose_name=_("seat"))
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="joins", verbose_name=_("person")
    )
    used_at = models.DateTimeField(_("when"))

    class Meta:
        verbose_name = _("use of a join link")
        verbose_name_plural = _("uses of join links")
        ordering = ("-pk",)
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["link", "number"], name="enrolments_joinuse_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="enrolments_joinuse_number_from_one"),
        )

    def __str__(self) -> str:
        return f"{self.link_id} · {self.number}"

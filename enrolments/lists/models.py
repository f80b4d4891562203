from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from accounts.teams.models import Team
from common.emails import MAX_EMAIL_LENGTH
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.lists.verdicts import Verdict
from enrolments.seats.models import Seat


class PeopleList(models.Model):
    """List of people to be placed on an account's free seats: of one entry, or of one session.

    Looked at first, as a draft; then placed by a job that moves it from state to state (`enrolments.lists.running`).
    """

    class Mode(models.TextChoices):
        ALL = "all", pgettext_lazy("way to place a list", "All or nothing")
        VALID = "valid", pgettext_lazy("way to place a list", "The valid ones")

    class State(models.TextChoices):
        DRAFT = "draft", pgettext_lazy("state of a list", "To be looked at")
        QUEUED = "queued", pgettext_lazy("state of a list", "About to begin")
        PLACING = "placing", pgettext_lazy("state of a list", "Being placed")
        UNDOING = "undoing", pgettext_lazy("state of a list", "Being taken back")
        TELLING = "telling", pgettext_lazy("state of a list", "Being told by mail")
        DONE = "done", pgettext_lazy("state of a list", "Placed")
        STOPPED = "stopped", pgettext_lazy("state of a list", "Taken back")

    OVER: ClassVar[tuple[str, ...]] = (State.DONE.value, State.STOPPED.value)

    account = models.ForeignKey(
        CustomerAccount, on_delete=models.PROTECT, related_name="people_lists", verbose_name=_("customer account")
    )
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("operator"),
    )
    entry_code = models.CharField(_("entry"), max_length=100, blank=True, default="", db_default="")
    group = models.ForeignKey(
        CourseGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("session"),
    )
    course = models.ForeignKey(
        Course,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("course of all"),
    )
    language = models.CharField(_("language"), max_length=7, blank=True, default="", db_default="")
    mode = models.CharField(_("mode"), max_length=8, choices=Mode.choices, default=Mode.ALL, db_default=Mode.ALL)
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.DRAFT, db_default=State.DRAFT
    )
    version = models.PositiveIntegerField(_("version"), default=1, db_default=1)
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    made_at = models.DateTimeField(_("made"), db_default=Now())
    judged_at = models.DateTimeField(_("looked at"))
    reserved_at = models.DateTimeField(_("seats kept"), null=True, blank=True)
    refused_at = models.DateTimeField(_("refused"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("list of people")
        verbose_name_plural = _("lists of people")
        ordering = ("-pk",)
        default_permissions = ("view",)
        constraints = (
            models.CheckConstraint(
                condition=Q(group__isnull=True) & ~Q(entry_code="")
                | Q(group__isnull=False, entry_code="", course__isnull=False),
                name="enrolments_list_source",
            ),
            models.CheckConstraint(condition=Q(mode__in=["all", "valid"]), name="enrolments_list_mode"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "queued", "placing", "undoing", "telling", "done", "stopped"]),
                name="enrolments_list_state",
            ),
            models.CheckConstraint(condition=Q(version__gte=1), name="enrolments_list_version"),
            models.CheckConstraint(
                condition=Q(state__in=["done", "stopped"], ended_at__isnull=False)
                | (~Q(state__in=["done", "stopped"]) & Q(ended_at__isnull=True)),
                name="enrolments_list_ended_when_over",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "queued"], reserved_at__isnull=True)
                | (~Q(state__in=["draft", "queued"]) & Q(reserved_at__isnull=False)),
                name="enrolments_list_reserved_first",
            ),
            models.UniqueConstraint(
                fields=["account", "fingerprint"], condition=Q(state="draft"), name="enrolments_list_draft_once"
            ),
        )
        indexes = (
            models.Index(fields=["account", "id"], name="enrolments_list_of_account"),
            models.Index(fields=["made_at"], name="enrolments_list_made"),
        )

    def __str__(self) -> str:
        return f"{self.get_state_display()} · {self.pk}"


class ListRow(models.Model):
    """Row of a list: a person as typed, the verdict on them, and the seat kept for them or taken by them.

    `address` is the normalised address, "" where the typed one is none. `took_place` tells that the place in the
    course that the seat keeps was taken for this row; `team_seats` of the quota of `team` are reserved for it.
    """

    class Step(models.TextChoices):
        NONE = "", pgettext_lazy("step of a row", "Not placed")
        KEPT = "kept", pgettext_lazy("step of a row", "Seat kept")
        PLACED = "placed", pgettext_lazy("step of a row", "Placed")
        UNDONE = "undone", pgettext_lazy("step of a row", "Taken back")

    people_list = models.ForeignKey(
        PeopleList, on_delete=models.CASCADE, related_name="rows", db_index=False, verbose_name=_("list of people")
    )
    line = models.PositiveIntegerField(_("line"))
    email = models.TextField(_("e-mail as typed"), blank=True)
    first_name = models.TextField(_("first name"), blank=True)
    last_name = models.TextField(_("last name"), blank=True)
    course_typed = models.TextField(_("course as typed"), blank=True)
    role_typed = models.TextField(_("role as typed"), blank=True)
    language_typed = models.TextField(_("language as typed"), blank=True, default="", db_default="")
    team_typed = models.TextField(_("team as typed"), blank=True, default="", db_default="")
    address = models.CharField(_("e-mail address"), max_length=MAX_EMAIL_LENGTH, blank=True)
    course = models.ForeignKey(
        Course,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("course"),
    )
    role = models.ForeignKey(
        Role, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("role")
    )
    verdict = models.CharField(_("verdict"), max_length=20, choices=Verdict.choices)
    detail = models.JSONField(_("detail"), default=dict, db_default={}, blank=True)
    step = models.CharField(
        _("step"), max_length=6, choices=Step.choices, blank=True, default=Step.NONE, db_default=Step.NONE
    )
    seat = models.ForeignKey(
        Seat, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("seat")
    )
    took_place = models.BooleanField(_("took a place"), default=False, db_default=False)
    # Counted while the seat is kept. No constraint ties the two to the step: the release before this one places kept
    # rows, and removes teams, without a look at them.
    team = models.ForeignKey(
        Team,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=pgettext_lazy("of an account", "team"),
    )
    team_seats = models.PositiveIntegerField(_("seats of the team's quota"), default=0, db_default=0)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
    )
    placed_at = models.DateTimeField(_("placed"), null=True, blank=True)
    told_at = models.DateTimeField(_("told"), null=True, blank=True)

    class Meta:
        verbose_name = _("row of a list of people")
        verbose_name_plural = _("rows of lists of people")
        ordering = ("people_list", "line")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["people_list", "line"], name="enrolments_listrow_line"),
            models.CheckConstraint(condition=Q(line__gte=1), name="enrolments_listrow_line_number"),
            models.CheckConstraint(
                condition=Q(step="", seat__isnull=True, person__isnull=True, placed_at__isnull=True, took_place=False)
                | Q(
                    step="kept",
                    seat__isnull=False,
                    course__isnull=False,
                    role__isnull=False,
                    person__isnull=True,
                    placed_at__isnull=True,
                )
                | Q(
                    step__in=["placed", "undone"],
                    seat__isnull=False,
                    course__isnull=False,
                    role__isnull=False,
                    person__isnull=False,
                    placed_at__isnull=False,
                ),
                name="enrolments_listrow_shape",
            ),
            models.CheckConstraint(
                condition=Q(told_at__isnull=True) | Q(step__in=["placed", "undone"]), name="enrolments_listrow_told"
            ),
            # One row of all lists keeps a seat, and a list uses a seat for one row.
            models.UniqueConstraint(
                fields=["seat"], condition=Q(step="kept"), name="enrolments_listrow_seat_kept_once"
            ),
            models.UniqueConstraint(
                fields=["people_list", "seat"], condition=Q(seat__isnull=False), name="enrolments_listrow_seat_once"
            ),
            models.UniqueConstraint(
                fields=["people_list", "course", "address"],
                condition=Q(step__in=["kept", "placed"]),
                name="enrolments_listrow_address_once",
            ),
            models.UniqueConstraint(
                fields=["people_list", "course", "person"],
                condition=Q(step="placed"),
                name="enrolments_listrow_person_once",
            ),
        )
        indexes = (
            models.Index(fields=["people_list", "step", "line"], name="enrolments_listrow_step"),
            models.Index(fields=["people_list", "verdict", "line"], name="enrolments_listrow_verdict"),
            models.Index(
                fields=["team"], condition=Q(step="kept", team__isnull=False), name="enrolments_listrow_of_team"
            ),
        )

    def __str__(self) -> str:
        return f"{self.line} · {self.get_verdict_display()}"

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.runs.why import WhyNot
from enrolments.seats.many import Act
from enrolments.seats.models import Seat


class Run(models.Model):
    """Act on many seats or people of an account, done by jobs as it was shown: in steps (`enrolments.runs.running`).

    A move leads to `course` or to the session `group`.
    """

    class State(models.TextChoices):
        RUNNING = "running", pgettext_lazy("state of an act on many", "Under way")
        DONE = "done", pgettext_lazy("state of an act on many", "Done")
        STOPPED = "stopped", pgettext_lazy("state of an act on many", "Ended before")

    account = models.ForeignKey(
        CustomerAccount, on_delete=models.PROTECT, related_name="runs", verbose_name=_("customer account")
    )
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("operator"),
    )
    act = models.CharField(_("act"), max_length=8, choices=Act.choices)
    course = models.ForeignKey(
        Course,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("course"),
    )
    group = models.ForeignKey(
        CourseGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("session"),
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True, default="", db_default="")
    # Those of the operator, who works with a part of the account alone (`accounts.members.parts`).
    limits = models.JSONField(_("limits"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=7, blank=True, default="", db_default="")
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.RUNNING, db_default=State.RUNNING
    )
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    made_at = models.DateTimeField(_("made"), db_default=Now())
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("act on many seats")
        verbose_name_plural = _("acts on many seats")
        ordering = ("-pk",)
        default_permissions = ()
        constraints = (
            models.CheckConstraint(condition=Q(act__in=["release", "move", "invite"]), name="enrolments_run_act"),
            models.CheckConstraint(
                condition=Q(act="move", course__isnull=False, group__isnull=True)
                | Q(act="move", course__isnull=True, group__isnull=False)
                | (~Q(act="move") & Q(course__isnull=True, group__isnull=True)),
                name="enrolments_run_target",
            ),
            models.CheckConstraint(
                condition=Q(state="running", ended_at__isnull=True)
                | Q(state__in=["done", "stopped"], ended_at__isnull=False),
                name="enrolments_run_state",
            ),
            # A form that is sent twice makes one run.
            models.UniqueConstraint(
                fields=["account", "fingerprint"], condition=Q(state="running"), name="enrolments_run_under_way_once"
            ),
        )
        indexes = (
            models.Index(fields=["account", "id"], name="enrolments_run_of_account"),
            models.Index(fields=["made_at"], name="enrolments_run_made"),
        )

    def __str__(self) -> str:
        return f"{self.get_act_display()} · {self.pk}"

    @property
    def part(self) -> Part | None:
        """Part of the account that the run keeps to; None for the whole account."""
        return None if self.limits is None else Part.named(self.limits)

    @property
    def done_label(self) -> str | Promise:
        return Act(self.act).done

    @property
    def to(self) -> Course | CourseGroup | None:
        """Where a move leads; None for another act."""
        return self.group or self.course


class RunRow(models.Model):
    """Seat, or person without one, of a run, with what became of it.

    `seen` is the `state_shown` of the seat; `course` is the one that the person was in. `to_seat` is the seat that a
    person moved has now.
    """

    class Step(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("step of an act", "To be done")
        DONE = "done", pgettext_lazy("step of an act", "Done")
        LEFT = "left", pgettext_lazy("step of an act", "Left as it was")

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="rows", db_index=False, verbose_name=_("run"))
    position = models.PositiveIntegerField(_("position"))
    seat = models.ForeignKey(
        Seat, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("seat")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
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
    seen = models.CharField(_("state shown"), max_length=64, blank=True, default="", db_default="")
    step = models.CharField(
        _("step"), max_length=7, choices=Step.choices, default=Step.WAITING, db_default=Step.WAITING
    )
    why = models.CharField(_("why not"), max_length=40, choices=WhyNot.choices, blank=True, default="", db_default="")
    to_seat = models.ForeignKey(
        Seat,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("new seat"),
    )

    class Meta:
        verbose_name = _("row of an act on many seats")
        verbose_name_plural = _("rows of acts on many seats")
        ordering = ("run", "position")
        default_permissions = ()
        constraints = (
            models.UniqueConstraint(fields=["run", "position"], name="enrolments_runrow_position"),
            models.UniqueConstraint(
                fields=["run", "seat"], condition=Q(seat__isnull=False), name="enrolments_runrow_seat_once"
            ),
            models.UniqueConstraint(
                fields=["run", "person"],
                condition=Q(seat__isnull=True, person__isnull=False),
                name="enrolments_runrow_person_once",
            ),
            models.CheckConstraint(
                condition=Q(step__in=["waiting", "done"], why="") | (Q(step="left") & ~Q(why="")),
                name="enrolments_runrow_step",
            ),
            models.CheckConstraint(
                condition=Q(to_seat__isnull=True) | Q(step="done"), name="enrolments_runrow_to_seat_when_done"
            ),
        )
        indexes = (models.Index(fields=["run", "step", "position"], name="enrolments_runrow_step_of"),)

    def __str__(self) -> str:
        return f"{self.position} · {self.get_step_display()}"

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.moments import local_day
from common.search import search_column, sort_column
from enrolments.courses.course_patterns import like_expression, parse_patterns
from enrolments.courses.short_names import MAX_SHORT_NAME_LENGTH, SHORT_NAME_PATTERN

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler


class LowerLike(models.Lookup):
    """Lookup `lower(column) LIKE lower(pattern)`: the only place where a course's name is compared with a pattern."""

    lookup_name = "lower_like"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"lower({lhs}) LIKE lower({rhs})", (*lhs_params, *rhs_params)


models.CharField.register_lookup(LowerLike)


class CourseQuerySet(models.QuerySet["Course"]):
    def open_at(self, now: datetime.datetime) -> CourseQuerySet:
        """Keep courses that are visible, whose enrolment runs and whose last day is not over.

        Places left are counted by `enrolments.courses.places.services`.
        """
        today = local_day(now)
        return self.lasting_at(now).filter(
            models.Q(enrolment_opens_on__isnull=True) | models.Q(enrolment_opens_on__lte=today),
            models.Q(enrolment_closes_on__isnull=True) | models.Q(enrolment_closes_on__gte=today),
            is_visible=True,
        )

    def lasting_at(self, now: datetime.datetime) -> CourseQuerySet:
        """Keep courses whose last day is not over: purchases for them are still delivered."""
        return self.filter(models.Q(last_day__isnull=True) | models.Q(last_day__gte=local_day(now)))

    def matching(self, course_list: str) -> CourseQuerySet:
        """Keep courses that a list of short names and patterns covers, by any name; an empty list covers all.

        Former names count like present ones.
        """
        patterns = parse_patterns(course_list)
        if not patterns:
            return self.all()
        alike = models.Q()
        for pattern in patterns:
            alike |= models.Q(name__lower_like=like_expression(pattern))
        return self.filter(models.Exists(CourseName.objects.filter(alike, course=models.OuterRef("pk"))))

    def covered_by(self, course_lists: Iterable[str]) -> set[tuple[str, int]]:
        """Return which of these courses each list covers, as (list, course key). One statement, none without lists."""
        lists = sorted(set(course_lists))
        if not lists:
            return set()
        rows = self.values_list(
            "pk",
            *(
                models.Exists(Course.objects.matching(course_list).filter(pk=models.OuterRef("pk")))
                for course_list in lists
            ),
        )
        return {
            (course_list, pk)
            for pk, *covers in rows
            for course_list, is_covered in zip(lists, covers, strict=True)
            if is_covered
        }

    def named(self, short_name: str) -> CourseQuerySet:
        """Keep the course with this short name, present or former, whatever the case."""
        return self.filter(models.Exists(CourseName.objects.called(short_name).filter(course=models.OuterRef("pk"))))


# Named, because modeltranslation replaces the manager's class by one that mypy cannot find.
CourseManager = models.Manager.from_queryset(CourseQuerySet)


class Course(models.Model):
    """Training that people are enrolled in. Saved through `enrolments.courses.services`, which keeps former names."""

    class GroupMode(models.TextChoices):
        NONE = "none", pgettext_lazy("groups of a course", "No groups")
        VISIBLE = "visible", pgettext_lazy("groups of a course", "Visible groups")
        SEPARATE = "separate", pgettext_lazy("groups of a course", "Separate groups")

    short_name = models.CharField(
        _("short name"),
        max_length=MAX_SHORT_NAME_LENGTH,
        help_text=_("How entries name this course. Without comma or any of * % & = / — former names stay valid."),
    )
    name = models.CharField(_("name"), max_length=200)
    # Columns that modeltranslation adds.
    name_en: str | None
    name_fr: str | None
    summary = models.TextField(_("summary"), blank=True)
    place = models.TextField(_("place"), blank=True, help_text=_("Where it happens; shown to those enrolled."))
    venue = models.CharField(
        _("town or venue"),
        max_length=200,
        blank=True,
        default="",
        db_default="",
        help_text=_("In a few words for everybody who looks at the entries: “Lyon”, “online”."),
    )
    link = models.URLField(
        _("link"),
        max_length=500,
        blank=True,
        help_text=_("Where “Enter” leads; shown to nobody."),
    )
    is_visible = models.BooleanField(_("visible"), default=True, db_default=True)
    enrolment_opens_on = models.DateField(_("enrolment opens on"), null=True, blank=True)
    enrolment_closes_on = models.DateField(
        _("enrolment closes on"), null=True, blank=True, help_text=_("The last day on which seats are sold.")
    )
    first_day = models.DateField(_("first day"), null=True, blank=True)
    last_day = models.DateField(_("last day"), null=True, blank=True)
    capacity = models.PositiveIntegerField(
        _("capacity"), null=True, blank=True, help_text=_("How many learners and tutors at most; empty for no limit.")
    )
    group_mode = models.CharField(
        pgettext_lazy("setting of a course", "groups"),
        max_length=10,
        choices=GroupMode.choices,
        default=GroupMode.NONE,
        db_default=GroupMode.NONE,
        help_text=_("In separate groups, people of one session never see those of another."),
    )
    search_text = search_column("short_name", "name_en", "name_fr")
    sort_name = sort_column("short_name")

    objects: ClassVar[CourseManager[Course]] = CourseManager()

    class Meta:
        verbose_name = _("course")
        verbose_name_plural = _("courses")
        ordering = ("sort_name", "pk")
        constraints = (
            models.UniqueConstraint(
                Lower("short_name"),
                name="enrolments_course_short_name_ci",
                violation_error_message=_("Another course has this short name."),
            ),
            models.CheckConstraint(
                condition=models.Q(short_name__regex=SHORT_NAME_PATTERN),
                name="enrolments_course_short_name_form",
                violation_error_message=_("A short name must not contain a comma or any of * % & = /"),
            ),
            models.CheckConstraint(
                condition=models.Q(enrolment_opens_on__isnull=True)
                | models.Q(enrolment_closes_on__isnull=True)
                | models.Q(enrolment_closes_on__gte=models.F("enrolment_opens_on")),
                name="enrolments_course_enrolment_period",
                violation_error_message=_("Enrolment cannot close before it opens."),
            ),
            models.CheckConstraint(
                condition=models.Q(first_day__isnull=True)
                | models.Q(last_day__isnull=True)
                | models.Q(last_day__gte=models.F("first_day")),
                name="enrolments_course_days",
                violation_error_message=_("The last day cannot come before the first."),
            ),
            models.CheckConstraint(
                condition=models.Q(capacity__isnull=True) | models.Q(capacity__gte=1),
                name="enrolments_course_capacity",
                violation_error_message=_("A capacity is at least 1; leave it empty for no limit."),
            ),
            models.CheckConstraint(
                condition=models.Q(group_mode__in=["none", "visible", "separate"]), name="enrolments_course_group_mode"
            ),
        )

    def __str__(self) -> str:
        return f"{self.short_name} · {self.name}"

    def is_lasting_at(self, now: datetime.datetime) -> bool:
        return self.last_day is None or self.last_day >= local_day(now)

    def is_open_at(self, now: datetime.datetime) -> bool:
        """Tell whether the course is one of `Course.objects.open_at(now)`; places left are not checked."""
        today = local_day(now)
        return (
            self.is_visible
            and self.is_lasting_at(now)
            and (self.enrolment_opens_on is None or self.enrolment_opens_on <= today)
            and (self.enrolment_closes_on is None or self.enrolment_closes_on >= today)
        )

    def opens_after(self, now: datetime.datetime) -> bool:
        """Tell whether enrolment opens later than today."""
        return self.enrolment_opens_on is not None and self.enrolment_opens_on > local_day(now)


class CourseNameQuerySet(models.QuerySet["CourseName"]):
    def called(self, short_name: str) -> CourseNameQuerySet:
        return self.annotate(lowered=Lower("name")).filter(lowered=Lower(models.Value(short_name.strip())))


class CourseName(models.Model):
    """Short name that a course has or had, kept for seats sold under it; no other course takes it over."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="names", verbose_name=_("course"))
    name = models.CharField(_("short name"), max_length=MAX_SHORT_NAME_LENGTH)
    search_text = search_column("name")

    objects = CourseNameQuerySet.as_manager()

    class Meta:
        verbose_name = _("name of a course")
        verbose_name_plural = _("names of courses")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                Lower("name"),
                name="enrolments_coursename_name_ci",
                violation_error_message=_("Another course has, or had, this short name."),
            ),
            models.CheckConstraint(
                condition=models.Q(name__regex=SHORT_NAME_PATTERN), name="enrolments_coursename_name_form"
            ),
        )

    def __str__(self) -> str:
        return self.name

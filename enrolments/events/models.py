from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.moments import in_shop_zone
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course


class Event(models.Model):
    """Change of a course, a group or a person. Never edited; `detail` copies nothing typed about a person.

    Changes of enrolments are `EnrolmentEvent`s. `at` is the database's clock.
    """

    class Kind(models.TextChoices):
        COURSE_MADE = "course_made", pgettext_lazy("event", "Course made")
        COURSE_CHANGED = "course_changed", pgettext_lazy("event", "Course changed")
        GROUP_MADE = "group_made", pgettext_lazy("event", "Group made")
        GROUP_RENAMED = "group_renamed", pgettext_lazy("event", "Group renamed")
        PERSON_MADE = "person_made", pgettext_lazy("event", "Person made")
        PERSON_RENAMED = "person_renamed", pgettext_lazy("event", "Person renamed")
        PERSON_REPLACED = "person_replaced", pgettext_lazy("event", "Address of a person replaced")

    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, null=True, blank=True, related_name="events", verbose_name=_("course")
    )
    group = models.ForeignKey(
        CourseGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="events",
        verbose_name=_("course group"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("person"),
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("who"),
    )
    at = models.DateTimeField(_("when"), db_default=Now())
    detail = models.JSONField(_("detail"), default=dict, db_default={}, blank=True)

    objects: ClassVar[models.Manager[Event]] = models.Manager()

    class Meta:
        verbose_name = _("event of a course, group or person")
        verbose_name_plural = _("events of courses, groups and people")
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=["course_made", "course_changed"],
                    course__isnull=False,
                    group__isnull=True,
                    person__isnull=True,
                )
                | models.Q(
                    kind__in=["group_made", "group_renamed"],
                    course__isnull=False,
                    group__isnull=False,
                    person__isnull=True,
                )
                | models.Q(
                    kind__in=["person_made", "person_renamed", "person_replaced"],
                    course__isnull=True,
                    group__isnull=True,
                    person__isnull=False,
                    detail={},
                ),
                name="enrolments_event_shape",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {in_shop_zone(self.at):%Y-%m-%d %H:%M}"

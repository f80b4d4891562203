from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.search import search_column


class Role(models.Model):
    """Role of a person in a course. Learners and tutors take a place of it, supervisors take none."""

    class Kind(models.TextChoices):
        LEARNER = "learner", pgettext_lazy("kind of role", "Learner")
        TUTOR = "tutor", pgettext_lazy("kind of role", "Tutor")
        SUPERVISOR = "supervisor", pgettext_lazy("kind of role", "Supervisor")

    code = models.SlugField(
        _("code"),
        max_length=50,
        unique=True,
        help_text=_("How entries name this role, for example in the parameter string."),
    )
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    search_text = search_column("code", "name_en", "name_fr")

    objects: ClassVar[models.Manager[Role]] = models.Manager()

    # Codes that every shop has; the rules of seats and sessions name them.
    STUDENT: ClassVar[str] = "student"
    TUTOR: ClassVar[str] = "tutor"
    TEACHER: ClassVar[str] = "teacher"

    PLACE_TAKING: ClassVar[tuple[str, ...]] = (Kind.LEARNER.value, Kind.TUTOR.value)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=["learner", "tutor", "supervisor"]), name="enrolments_role_kind"
            ),
            models.CheckConstraint(condition=models.Q(code__regex=r"^[a-z0-9_-]+$"), name="enrolments_role_code"),
        )

    def __str__(self) -> str:
        return self.name or self.code

    @property
    def takes_place(self) -> bool:
        return self.kind in self.PLACE_TAKING

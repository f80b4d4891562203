from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from common.moments import in_shop_zone
from enrolments.courses.models import Course
from enrolments.seats.models import Seat

MAX_WORDS = 300


class CourseRequest(models.Model):
    """Request of a person attached to an account for one course: asked, and answered once.

    Moved by `enrolments.requests.services` alone, by conditional updates; an answered request is never changed.
    """

    class State(models.TextChoices):
        OPEN = "open", pgettext_lazy("request", "Open")
        PLACED = "placed", pgettext_lazy("request", "Placed")
        DECLINED = "declined", pgettext_lazy("request", "Declined")
        WITHDRAWN = "withdrawn", pgettext_lazy("request", "Withdrawn")

    account = models.ForeignKey(
        CustomerAccount,
        on_delete=models.PROTECT,
        related_name="course_requests",
        db_index=False,
        verbose_name=_("customer account"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="course_requests",
        db_index=False,
        verbose_name=_("person"),
    )
    course = models.ForeignKey(
        Course, on_delete=models.PROTECT, related_name="+", db_index=False, verbose_name=_("course")
    )
    words = models.CharField(_("words of the person"), max_length=MAX_WORDS, blank=True, default="", db_default="")
    asked_at = models.DateTimeField(_("asked"))
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.OPEN, db_default=State.OPEN
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    # Nobody where the person withdrew the request.
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("answered by"),
    )
    answer = models.CharField(_("words of the answer"), max_length=MAX_WORDS, blank=True, default="", db_default="")
    # None of a request that placed nobody, and where the person was in the course already.
    seat = models.ForeignKey(
        Seat, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("seat")
    )

    class Meta:
        verbose_name = _("request for a course")
        verbose_name_plural = _("requests for courses")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["account", "person", "course"],
                condition=models.Q(state="open"),
                name="enrolments_request_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state="open", answered_at__isnull=True, answered_by__isnull=True, answer="", seat__isnull=True
                )
                | models.Q(state="placed", answered_at__isnull=False, answered_by__isnull=False, answer="")
                | models.Q(state="declined", answered_at__isnull=False, answered_by__isnull=False, seat__isnull=True)
                | models.Q(
                    state="withdrawn", answered_at__isnull=False, answered_by__isnull=True, answer="", seat__isnull=True
                ),
                name="enrolments_request_shape",
            ),
        )
        indexes = (
            models.Index(fields=["account", "state", "id"], name="enrolments_request_of_account"),
            models.Index(fields=["person", "id"], name="enrolments_request_of_person"),
        )

    def __str__(self) -> str:
        return f"{self.course} · {in_shop_zone(self.asked_at):%Y-%m-%d}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN

from __future__ import annotations

import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from common.moments import in_shop_zone
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.seats.reasons import reason_in_words


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def standing_at(self, now: datetime.datetime) -> Self:
        """Keep open enrolments but for those that stand on lapsed seats alone."""
        standing = Ground.objects.standing_at(now).filter(enrolment=models.OuterRef("pk"))
        return self.filter(models.Exists(standing), closed_at__isnull=True)

    def open(self) -> EnrolmentQuerySet:
        """Keep enrolments with a live ground, whether their period has begun, runs or is over."""
        return self.filter(closed_at__isnull=True)

    def running_at(self, now: datetime.datetime) -> EnrolmentQuerySet:
        return self.open().filter(
            models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=now),
            starts_at__lte=now,
        )

    def enterable_at(self, now: datetime.datetime) -> EnrolmentQuerySet:
        """Keep running enrolments that do not run by lapsed seats alone, whether or not the job has freed these."""
        standing = Ground.objects.standing_at(now).filter(enrolment=models.OuterRef("pk"))
        return self.running_at(now).filter(
            models.Exists(standing.filter(starts_at__lte=now)),
            models.Exists(standing.filter(models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=now))),
        )

    def taking_places(self) -> EnrolmentQuerySet:
        return self.open().filter(role__kind__in=Role.PLACE_TAKING)


class Enrolment(models.Model):
    """Enrolment of one person in one course, in one role. Open exactly while it has a live ground.

    Its period spans the live grounds. Written by `opening`, `enrol` and `periods` of this room alone. It belongs to no
    customer account, since its grounds may be of several.
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="enrolments", verbose_name=_("course"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="enrolments", verbose_name=_("person")
    )
    role = models.ForeignKey(
        Role, on_delete=models.PROTECT, related_name="enrolments", db_index=False, verbose_name=_("role")
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    opened_at = models.DateTimeField(_("since"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    first_entered_at = models.DateTimeField(_("first entry"), null=True, blank=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        verbose_name = pgettext_lazy("a person in a course", "enrolment")
        verbose_name_plural = pgettext_lazy("people in courses", "enrolments")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(
                fields=["course", "user", "role"],
                condition=models.Q(closed_at__isnull=True),
                name="enrolments_enrolment_open_unique",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=models.F("starts_at")),
                name="enrolments_enrolment_period",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} · {self.course.short_name}"


class GroundQuerySet(models.QuerySet["Ground"]):
    def live(self) -> GroundQuerySet:
        """Keep grounds neither released nor revoked; a ground whose end has passed still counts."""
        return self.filter(ended_at__isnull=True)

    def standing_at(self, now: datetime.datetime) -> GroundQuerySet:
        """Keep live grounds but for those of lapsed seats (`Seat.objects.lapsed_at`)."""
        return self.live().exclude(seat__state="assigned", seat__enter_before__lte=now)

    def letting_in_at(self, now: datetime.datetime) -> GroundQuerySet:
        """Keep grounds by which a person may enter now: standing, in their period, and not frozen unless the person has
        entered already."""
        is_frozen = models.Q(is_frozen=True) | models.Q(seat__state="assigned") & ~models.Q(seat__batch__frozen_for=[])
        running = self.standing_at(now).filter(models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=now))
        return running.filter(starts_at__lte=now).exclude(
            is_frozen & models.Q(enrolment__first_entered_at__isnull=True)
        )


class Ground(models.Model):
    """Ground of an enrolment: a seat, an order line, a seat the person assigned to another, or the merchant's hand."""

    class Kind(models.TextChoices):
        SEAT = "seat", pgettext_lazy("ground of an enrolment", "Seat")
        LINE = "line", pgettext_lazy("ground of an enrolment", "Order")
        SUPERVISION = "supervision", pgettext_lazy("ground of an enrolment", "Supervision")
        SUPPORT = "support", pgettext_lazy("ground of an enrolment", "Customer support")
        MERCHANT = "merchant", pgettext_lazy("ground of an enrolment", "Merchant")

    # Kinds by which an account has placed somebody into a course.
    PLACING = (Kind.SEAT, Kind.LINE)

    enrolment = models.ForeignKey(
        Enrolment,
        on_delete=models.PROTECT,
        related_name="grounds",
        verbose_name=pgettext_lazy("a person in a course", "enrolment"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    account = models.ForeignKey(
        CustomerAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="grounds",
        verbose_name=_("customer account"),
    )
    order_id = models.BigIntegerField(_("order"), null=True, blank=True, db_index=True)
    # Of an order line without seats, like `SeatBatch.frozen_for`; written by `enrolments.seats.freezing` alone.
    is_frozen = models.BooleanField(_("frozen"), default=False, db_default=False)
    order_number = models.CharField(_("order number"), max_length=40, blank=True)
    line_id = models.BigIntegerField(_("order line"), null=True, blank=True, db_index=True)
    unit_index = models.PositiveIntegerField(_("unit"), null=True, blank=True, help_text="From 0.")
    # Row by which the release before this one finds the unit: `enrolments.unit_rows`.
    unit_id = models.BigIntegerField(null=True, blank=True, editable=False)
    seat = models.ForeignKey(
        "enrolments.Seat",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="grounds",
        verbose_name=_("seat"),
    )
    group = models.ForeignKey(
        CourseGroup,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="grounds",
        verbose_name=_("course group"),
    )
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"), null=True, blank=True)
    # Of an order line's own ground; that of a seat is its batch's.
    qualification_months = models.PositiveSmallIntegerField(_("months of validity"), null=True, blank=True)
    created_at = models.DateTimeField(_("since"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    ended_reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = GroundQuerySet.as_manager()

    class Meta:
        verbose_name = _("ground of an enrolment")
        verbose_name_plural = _("grounds of enrolments")
        ordering = ("pk",)
        indexes = (
            # For reminders of what will end.
            models.Index(
                fields=["ends_at"],
                condition=models.Q(kind="seat", ended_at__isnull=True, ends_at__isnull=False),
                name="enrolments_ground_seat_ends_at",
            ),
            # For lists of an account's people by the end of their access.
            models.Index(
                fields=["account", "ends_at", "id"],
                condition=models.Q(ended_at__isnull=True, ends_at__isnull=False, kind__in=["seat", "line"]),
                name="enrolments_ground_ending",
            ),
        )
        constraints = (
            models.CheckConstraint(
                condition=models.Q(kind__in=["seat", "line", "supervision", "support", "merchant"]),
                name="enrolments_ground_kind",
            ),
            # A seat carries at most one person, and one supervisor: the operator who assigned it.
            models.UniqueConstraint(
                fields=["seat", "kind"],
                condition=models.Q(ended_at__isnull=True, seat__isnull=False),
                name="enrolments_ground_seat_unique",
            ),
            models.UniqueConstraint(
                fields=["enrolment", "kind", "line_id", "unit_index"],
                condition=models.Q(
                    ended_at__isnull=True, seat__isnull=True, line_id__isnull=False, unit_index__isnull=False
                ),
                name="enrolments_ground_unit_unique",
            ),
            # Grounds of a whole line, and grounds of a unit written by the release before this one.
            models.UniqueConstraint(
                fields=["enrolment", "kind", "line_id", "unit_id"],
                condition=models.Q(
                    ended_at__isnull=True, seat__isnull=True, line_id__isnull=False, unit_index__isnull=True
                ),
                nulls_distinct=False,
                name="enrolments_ground_line_once",
            ),
            models.UniqueConstraint(
                fields=["enrolment"],
                condition=models.Q(ended_at__isnull=True, kind="merchant"),
                name="enrolments_ground_merchant_unique",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="merchant", seat__isnull=True, line_id__isnull=True)
                | models.Q(kind="seat", seat__isnull=False, account__isnull=False)
                | models.Q(
                    kind__in=["line", "support"], seat__isnull=True, line_id__isnull=False, account__isnull=False
                )
                | models.Q(kind="supervision", seat__isnull=False, account__isnull=False)
                | models.Q(kind="supervision", line_id__isnull=False, account__isnull=False),
                name="enrolments_ground_shape",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_at__isnull=True) | models.Q(ends_at__gt=models.F("starts_at")),
                name="enrolments_ground_period",
            ),
            models.CheckConstraint(
                condition=models.Q(qualification_months__isnull=True) | models.Q(qualification_months__gte=1),
                name="enrolments_ground_qualification",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} #{self.pk}"

    @property
    def reason_label(self) -> str:
        """The reason for the end, in the reader's language, or as a person wrote it."""
        return reason_in_words(self.ended_reason)


class EnrolmentEvent(models.Model):
    """Change of an enrolment. Written by `enrolments.events.services` alone, with the jobs that must follow."""

    class What(models.TextChoices):
        OPENED = "opened", pgettext_lazy("enrolment", "Opened")
        CHANGED = "changed", pgettext_lazy("enrolment", "Period changed")
        ENTERED = "entered", pgettext_lazy("enrolment", "First entry")
        CLOSED = "closed", pgettext_lazy("enrolment", "Closed")
        GROUP_JOINED = "group_joined", pgettext_lazy("enrolment", "Joined a group")
        GROUP_LEFT = "group_left", pgettext_lazy("enrolment", "Left a group")

    enrolment = models.ForeignKey(
        Enrolment,
        on_delete=models.PROTECT,
        related_name="events",
        verbose_name=pgettext_lazy("a person in a course", "enrolment"),
    )
    at = models.DateTimeField(_("when"))
    what = models.CharField(_("what"), max_length=12, choices=What.choices)
    detail = models.JSONField(_("detail"), default=dict, db_default={}, blank=True)

    class Meta:
        verbose_name = _("event of an enrolment")
        verbose_name_plural = _("events of enrolments")
        ordering = ("pk",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(what__in=["opened", "changed", "entered", "closed", "group_joined", "group_left"]),
                name="enrolments_enrolmentevent_what",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_what_display()} · {in_shop_zone(self.at):%Y-%m-%d %H:%M}"

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount
from enrolments.courses.models import Course


class PlaceHoldQuerySet(models.QuerySet["PlaceHold"]):
    def live(self) -> PlaceHoldQuerySet:
        return self.filter(released_at__isnull=True)


class PlaceHold(models.Model):
    """Places of a course kept for an order line, from checkout until it is fulfilled or its order ends unpaid.

    A released hold stays in the table: late money takes the same places again.
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="holds", verbose_name=_("course"))
    account = models.ForeignKey(
        CustomerAccount, on_delete=models.PROTECT, related_name="place_holds", verbose_name=_("customer account")
    )
    order_id = models.BigIntegerField(_("order"), db_index=True)
    line_id = models.BigIntegerField(_("order line"), db_index=True)
    places = models.PositiveIntegerField(_("places"))
    held_at = models.DateTimeField(_("held"))
    released_at = models.DateTimeField(_("released"), null=True, blank=True)

    objects = PlaceHoldQuerySet.as_manager()

    class Meta:
        verbose_name = _("held places")
        verbose_name_plural = _("held places")
        ordering = ("pk",)
        constraints = (
            models.UniqueConstraint(fields=["course", "line_id"], name="enrolments_placehold_course_line"),
            models.CheckConstraint(condition=models.Q(places__gte=1), name="enrolments_placehold_places"),
        )

    def __str__(self) -> str:
        return f"{self.course.short_name} × {self.places}"

from __future__ import annotations

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount
from common.search import index_of_words, search_column, sort_column
from enrolments.courses.models import Course


class CourseGroupQuerySet(models.QuerySet["CourseGroup"]):
    def standing(self) -> CourseGroupQuerySet:
        """Keep the groups made by a merchant, not those of an order."""
        return self.filter(order_id__isnull=True)

    def named(self, name: str) -> CourseGroupQuerySet:
        return self.annotate(lowered=Lower("name")).filter(lowered=Lower(models.Value(name)))


class CourseGroup(models.Model):
    """Group of a course: of an order (named after its number), or a standing one, made by the merchant.

    Membership is not stored: it follows from the live grounds that name the group.
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="groups", verbose_name=_("course"))
    name = models.CharField(_("name"), max_length=100)
    account = models.ForeignKey(
        CustomerAccount,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="course_groups",
        verbose_name=_("customer account"),
    )
    order_id = models.BigIntegerField(_("order"), null=True, blank=True, db_index=True)
    search_text = search_column("name")
    sort_name = sort_column("name")

    objects = CourseGroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("course group")
        verbose_name_plural = _("course groups")
        ordering = ("sort_name", "pk")
        constraints = (
            # Standing groups have no order, and nulls are distinct: only groups of orders meet here.
            models.UniqueConstraint(fields=["course", "order_id", "account"], name="enrolments_coursegroup_order"),
            models.UniqueConstraint(
                "course",
                Lower("name"),
                condition=models.Q(order_id__isnull=True),
                name="enrolments_coursegroup_standing_name",
                violation_error_message=_("This course has a group of that name."),
            ),
            models.CheckConstraint(
                condition=models.Q(order_id__isnull=True, account__isnull=True)
                | models.Q(order_id__isnull=False, account__isnull=False),
                name="enrolments_coursegroup_order_has_account",
            ),
        )
        indexes = (index_of_words("search_text", name="enrolments_group_words"),)

    def __str__(self) -> str:
        return self.name

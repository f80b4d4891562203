"""Ready-made roles of staff, as groups of the administration."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q


class StaffRole(models.Model):
    """Group that is a ready-made role, named by its code (`accounts.staff.roles`).

    Its permissions are those of the code, written at each `migrate`; people in the group hold them as from any group.
    Merchants' own groups have no such row, and are left alone.
    """

    code = models.CharField(max_length=30, unique=True)
    group = models.OneToOneField(Group, on_delete=models.PROTECT, related_name="staff_role")

    objects: ClassVar[models.Manager[StaffRole]] = models.Manager()

    class Meta:
        default_permissions = ()
        constraints = (models.CheckConstraint(condition=~Q(code=""), name="accounts_staffrole_code_given"),)

    def __str__(self) -> str:
        return self.code

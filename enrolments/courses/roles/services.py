"""Roles: the standing ones, and those added by a merchant."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from common.refusals import Refused
from enrolments.courses.roles.models import Role
from enrolments.courses.roles.standing import STANDING_CODES
from enrolments.grounds.models import Enrolment
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.models import Seat


class RoleFixed(Refused):
    """Refusal to change code or kind of a role that entries or enrolments may rely on."""

    message = _("This role is in use: its code and kind stay as they are. Make another role instead.")


def is_fixed(role: Role) -> bool:
    """Tell whether a role's code and kind can no longer change: a standing role, or one that was given to a person."""
    if role.pk is None:
        return False
    return (
        role.code in STANDING_CODES
        or Enrolment.objects.filter(role=role).exists()
        or SeatBatch.objects.filter(supervisor_role=role).exists()
        or Seat.objects.filter(role=role).exists()
    )


def save_role(*, role: Role) -> Role:
    """Insert or update a role. Places depend on the kind, so it never changes once the role is in use.

    Locks the role. Raises RoleFixed.
    """
    with transaction.atomic():
        before = Role.objects.select_for_update(no_key=True).filter(pk=role.pk).first() if role.pk else None
        if before is not None and (before.code, before.kind) != (role.code, role.kind) and is_fixed(before):
            raise RoleFixed
        role.save()
    return role

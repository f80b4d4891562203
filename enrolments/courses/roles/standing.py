"""Roles that every shop has. Merchants may rename them and add others; the codes and kinds of these stay."""

from typing import Any

from django.apps import apps as current_apps
from django.apps.registry import Apps
from django.db import router

# Written out in both languages: rows are data, made once, whatever the language in which `migrate` runs.
STANDING_ROLES = (
    {"code": "student", "kind": "learner", "name_en": "Learner", "name_fr": "Apprenant"},
    {"code": "tutor", "kind": "tutor", "name_en": "Tutor", "name_fr": "Tuteur"},
    {"code": "teacher", "kind": "supervisor", "name_en": "Supervisor", "name_fr": "Responsable de formation"},
)

STANDING_CODES = frozenset(role["code"] for role in STANDING_ROLES)


def make_standing_roles(*, using: str = "default", apps: Apps = current_apps, **_signal: Any) -> None:
    """Insert the standing roles that are missing; leave those present as the merchant wrote them."""
    try:
        role = apps.get_model("enrolments", "Role")
    except LookupError:
        return
    if not router.allow_migrate_model(using, role):
        return
    role._default_manager.using(using).bulk_create(
        [role(name=fields["name_en"], **fields) for fields in STANDING_ROLES], ignore_conflicts=True
    )

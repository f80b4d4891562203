"""Rooms: a floor is a Django application, and each of its rooms a package with all that belongs to one thing."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from django.apps import AppConfig, apps

# From the top: each floor imports only those after it, but for `workbench`, which no floor imports.
FLOORS = (
    *("workbench", "project", "shop", "catalog", "handlers"),
    *("enrolments", "billing", "documents", "accounts", "outbox", "common"),
)
# Modules of a room that register things when imported: `models` first of all, the others at the end.
REGISTERING = ("admin", "checks", "jobs", "mail_kinds", "personal_data", "tidying")


class Floor(AppConfig):
    """A floor with rooms. Models, admin pages, checks and kinds of jobs and mails are found in each of them."""

    rooms: tuple[str, ...] = ()
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        super().import_models()
        for room in self.rooms:
            import_if_there(f"{self.name}.{room}.models")
        # Django reads `models_module` to find out whether the application has models, before making permissions.
        self.models_module = self.module

    def ready(self) -> None:
        for module in REGISTERING:
            import_if_there(f"{self.name}.{module}")
            for room in self.rooms:
                import_if_there(f"{self.name}.{room}.{module}")


def import_if_there(name: str) -> None:
    """Import a module, or do nothing where the file does not exist. An error inside the module is raised."""
    if find_spec(name) is not None:
        import_module(name)


def rooms() -> Iterator[str]:
    """Yield the package of every installed floor and of each of its rooms: where Celery looks for `tasks`."""
    for floor in apps.get_app_configs():
        yield floor.name
        if isinstance(floor, Floor):
            yield from (f"{floor.name}.{room}" for room in floor.rooms)


def template_folders(project: Path) -> list[Path]:
    """List the `templates` folder of the project and of every room, provider and floor that has one.

    Handlers have a loader of their own: a broken handler must not break other pages.
    """
    floors = [floor for floor in FLOORS if floor != "handlers"]
    return [
        project / "templates",
        project / "handlers" / "templates",
        *sorted(found for floor in floors for found in project.glob(f"{floor}/**/templates")),
    ]

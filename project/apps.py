from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "project"
    verbose_name = "Amphi"

    def ready(self) -> None:
        from project import database_checks  # noqa: F401  importing registers the check
        from project.patches.ordinal_days import write_endings_in_every_language

        write_endings_in_every_language()

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "project"
    verbose_name = "Amphi"

    def ready(self) -> None:
        from project import database_checks  # noqa: F401  importing registers the check

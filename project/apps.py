from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ProjectConfig(AppConfig):
    name = "project"
    verbose_name = "Amphi"

    def ready(self) -> None:
        from accounts.staff.roles import make_role_groups
        from project import database_checks  # noqa: F401  importing registers the check
        from project.admin import roles
        from project.patches.components import render_buttons_alone
        from project.patches.historical_models import make_few_models_anew
        from project.patches.ordinal_days import write_endings_in_every_language
        from project.watching import begin_tracing

        write_endings_in_every_language()
        render_buttons_alone()
        make_few_models_anew()
        roles.register()
        begin_tracing()
        # Of all floors this one is last: the permissions of the others are there by then.
        post_migrate.connect(make_role_groups, sender=self)

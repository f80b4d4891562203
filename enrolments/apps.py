from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class EnrolmentsConfig(AppConfig):
    name = "enrolments"
    verbose_name = _("Enrolments")

    def ready(self) -> None:
        # As Django does for its permissions: standing rows are there after every migrate (and flush), whatever became
        # of the migration that would have made them.
        from enrolments.standing_roles import make_standing_roles

        post_migrate.connect(make_standing_roles, sender=self)

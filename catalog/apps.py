"""The catalogue as a Django application."""

from django.utils.translation import gettext_lazy as _

from common import floors


class CatalogConfig(floors.Floor):
    name = "catalog"
    verbose_name = _("Catalogue")

    def ready(self) -> None:
        super().ready()
        from catalog.services.recheck import recheck_entries_of
        from enrolments.courses.changes import COURSE_FOLLOWERS

        COURSE_FOLLOWERS.add(recheck_entries_of)

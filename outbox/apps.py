from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class OutboxConfig(AppConfig):
    name = "outbox"
    verbose_name = _("Outbox")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Upper floors register their kinds in `<app>/jobs.py` and `<app>/mails.py`; this floor
        # may not import them by name, yet every process (web, worker, command) must know them.
        autodiscover_modules("jobs", "mails")

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HandlersConfig(AppConfig):
    name = "handlers"
    verbose_name = _("Handlers")

    def ready(self) -> None:
        from handlers import checks, registry  # noqa: F401  importing registers the checks

        # Handlers register kinds of mails when they are loaded, and every process must know those.
        registry.load()

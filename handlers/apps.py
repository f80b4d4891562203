from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class HandlersConfig(AppConfig):
    name = "handlers"
    verbose_name = _("Handlers")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Importing them registers what is in them.
        from handlers import checks, personal_data, registry, tidying, translations  # noqa: F401
        from handlers.discovery import Problem

        # Loading the handlers registers their kinds of mails, which every process must know.
        registry.load()
        for name in settings.HANDLER_APPS:
            if not any(found.handler.name == name for found in registry.installed()):
                registry.report(Problem("HANDLER_APPS", f"No handler called {name} could be loaded.", name))
        for folder, error in translations.add_translations(registry.locale_directories()).items():
            registry.report(Problem(str(folder), f"Its translations cannot be read: {error}"))

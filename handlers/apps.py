from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HandlersConfig(AppConfig):
    name = "handlers"
    verbose_name = _("Handlers")

    def ready(self) -> None:
        from handlers import checks, registry, translations  # noqa: F401  importing registers the checks
        from handlers.discovery import Problem

        # Handlers register kinds of mails when they are loaded, and every process must know those.
        registry.load()
        for folder, error in translations.add_translations(registry.locale_directories()).items():
            registry.report(Problem(str(folder), f"Its translations cannot be read: {error}"))

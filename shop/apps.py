from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShopConfig(AppConfig):
    name = "shop"
    verbose_name = _("Shop")

    def ready(self) -> None:
        from shop import checks, database_checks, wiring  # noqa: F401  importing registers the checks

        wiring.connect()

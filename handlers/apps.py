from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class HandlersConfig(AppConfig):
    name = "handlers"
    verbose_name = _("Handlers")

"""The catalogue as a Django application."""

from django.utils.translation import gettext_lazy as _

from common import floors


class CatalogConfig(floors.Floor):
    name = "catalog"
    verbose_name = _("Catalogue")

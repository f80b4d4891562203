"""Data of the catalogue, with the constraints of the database."""

from catalog.models import categories as categories
from catalog.models import entries as entries
from catalog.models import entry_fields as entry_fields
from catalog.models import taxes as taxes

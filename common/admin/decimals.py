"""Numbers with decimals in the administration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from unfold.widgets import UnfoldAdminTextInputWidget

from common.decimals import AmountField, DecimalField, DecimalInput


class AdminDecimalInput(DecimalInput, UnfoldAdminTextInputWidget):
    """The control for a number with decimals, as the administration draws it."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        drawn = UnfoldAdminTextInputWidget(attrs).attrs
        super().__init__({"inputmode": "decimal", "autocomplete": "off", "maxlength": "30", **drawn})


# The `formfield_overrides` of every page and inline with such numbers.
DECIMALS: Mapping[type[models.Field[Any, Any]], Mapping[str, Any]] = {
    models.DecimalField: {"form_class": DecimalField, "widget": AdminDecimalInput}
}
# Of those whose only such numbers are amounts of money.
AMOUNTS: Mapping[type[models.Field[Any, Any]], Mapping[str, Any]] = {
    models.DecimalField: {"form_class": AmountField, "widget": AdminDecimalInput}
}

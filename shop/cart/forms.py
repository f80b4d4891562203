"""Forms and fields for quantities."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Python's int() would also read digits of other scripts, underscores and signs.
# Far more digits than any limit: a number too large is refused by the limit's name, not for its form.
_WHOLE_NUMBER = re.compile(r"[0-9]{1,30}", re.ASCII)


class QuantityField(forms.Field):
    """Whole number, 1 or more, in plain digits. The limits of an entry are checked by the services."""

    widget = forms.NumberInput(attrs={"min": "1", "step": "1", "inputmode": "numeric", "autocomplete": "off"})
    default_error_messages = {
        "required": _("Type a whole number, 1 or more."),
        "invalid": _("“%(value)s” is not a quantity. Type a whole number, 1 or more."),
    }

    def to_python(self, value: Any) -> int | None:
        text = str(value).strip() if value is not None else ""
        if not text:
            return None
        if not _WHOLE_NUMBER.fullmatch(text) or int(text) < 1:
            raise ValidationError(self.error_messages["invalid"], code="invalid", params={"value": text[:20]})
        return int(text)


class AddToCartForm(forms.Form):
    """Quantity of the entry shown on the page."""

    quantity = QuantityField(label=_("Quantity"))

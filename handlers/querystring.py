"""Internal parameters as one URL-encoded string, read and written without loss.

``courselist=SEC-*%2CELEC-01&packsize=5&endtime=1774994400``

Reading accepts the spellings of older shops and refuses to guess:

* only percent-encoding counts: ``+`` is a plus, and a ``%`` without two hexadecimal digits stands
  for itself, since it was a wildcard;
* where decoding changes a value both readings are kept, since ``SEC-%20`` may mean either;
* dates are seconds or ISO 8601, never a local form, and 0 is none;
* an unknown key, a repeated key, or a value that is no text once decoded is an error at that key.

Writing encodes every value and writes dates in seconds, so that the result has one reading only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from common.words import Text, in_words
from handlers.contract import ParametersForm
from handlers.parameter_fields import ParameterField

_ENCODED = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


class Readings(NamedTuple):
    """Value as it stands in the string, and decoded, where they differ."""

    literal: str
    decoded: str


@dataclass(frozen=True)
class ParsedString:
    """Result of reading a string. ``values`` are decoded texts by key, for the fields of the form.

    ``errors`` are by key; unknown keys are among them and not in ``values``. ``without_effect`` are the keys of older
    shops that mean nothing here: they are told, and not written again.
    """

    form_class: type[ParametersForm]
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, list[Text]] = field(default_factory=dict)
    both_readings: dict[str, Readings] = field(default_factory=dict)
    without_effect: list[str] = field(default_factory=list)

    def form_data(self) -> dict[str, Any]:
        """Return data for the form, as its fields show it (dates as dates, switches as booleans).

        Fields that the string leaves out or blank have their default.
        """
        fields = self.form_class.base_fields
        said = {name: form_field.initial for name, form_field in fields.items() if form_field.initial is not None}
        said |= {name: value for name, value in self.values.items() if value.strip()}
        return {name: fields[name].prepare_value(value) for name, value in said.items()}

    def form(self) -> ParametersForm:
        """Return the bound form, with the string's errors at their fields; unknown keys are errors of the whole."""
        form = self.form_class(self.form_data())
        for key, messages in self.errors.items():
            # Told once: a field refuses in other words what the string refused already.
            form.errors.pop(key, None)
            for message in messages:
                form.add_error(key if key in form.fields else None, str(message))
        return form


def parse(text: str, form_class: type[ParametersForm]) -> ParsedString:
    """Read ``text`` for the fields of ``form_class``. Never raises: faults are in ``errors``."""
    parsed = ParsedString(form_class)
    seen: set[str] = set()
    # Half of a surrogate pair has no encoding; like a form's parser, replace it by the sign for unreadable characters.
    readable = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    for pair in readable.strip().split("&"):
        literal_key, _equals, literal = pair.partition("=")
        key = _key(literal_key)
        if not key and not literal:
            continue
        if key in form_class.without_effect:
            parsed.without_effect.append(key)
        elif key in seen:
            parsed.errors.setdefault(key, []).append(_repeated(key))
        elif key not in form_class.base_fields:
            parsed.errors.setdefault(key, []).append(_unknown(key, form_class))
        else:
            _read_value(parsed, key, literal)
        seen.add(key)
    return parsed


def encode(parameters: Mapping[str, Any], form_class: type[ParametersForm]) -> str:
    """Return the string for stored ``parameters``, in the order of the form's fields, without blank ones."""
    pairs = []
    for name, form_field in form_class.base_fields.items():
        stored = parameters.get(name)
        if stored is None or stored == "":
            continue
        value = form_field.to_string(stored) if isinstance(form_field, ParameterField) else str(stored)
        pairs.append(f"{quote(name, safe='')}={quote(value, safe='')}")
    return "&".join(pairs)


def _repeated(key: str) -> Text:
    return in_words(lambda: _("“%(key)s” is there more than once. Keep one of them.") % {"key": key})


def _unknown(key: str, form_class: type[ParametersForm]) -> Text:
    return in_words(
        lambda: (
            _("“%(key)s” is not a parameter of this handler. Known are: %(known)s.")
            % {"key": key, "known": ", ".join(form_class.base_fields)}
        )
    )


def _read_value(parsed: ParsedString, key: str, literal: str) -> None:
    try:
        decoded = decode(literal)
    except UnicodeDecodeError:
        parsed.values[key] = literal
        parsed.errors.setdefault(key, []).append(
            in_words(
                lambda: (
                    _(
                        "“%(value)s” has an encoded sign that is no letter in UTF-8. Write the letter itself, "
                        "or %%25 where a percent sign is meant."
                    )
                    % {"value": literal}
                )
            )
        )
        return
    form_field = parsed.form_class.base_fields[key]
    try:
        parsed.values[key] = form_field.from_string(decoded) if isinstance(form_field, ParameterField) else decoded
    except ValidationError as refused:
        parsed.values[key] = decoded
        parsed.errors.setdefault(key, []).extend(in_words(partial(_first, each)) for each in refused.error_list)
    if decoded != literal:
        parsed.both_readings[key] = Readings(literal, decoded)


def _first(error: ValidationError) -> str:
    return str(error.messages[0])


def _key(literal: str) -> str:
    try:
        return decode(literal).strip()
    except UnicodeDecodeError:
        return literal.strip()


def decode(text: str) -> str:
    """Percent-decode ``text`` as UTF-8. Raises ``UnicodeDecodeError``."""
    return _ENCODED.sub(lambda run: bytes.fromhex(run[0].replace("%", "")).decode(), text)

"""A handler's internal parameters on the form of an entry: as typed fields and as one string.

All handlers' fields are on the page as ``cfg_<handler>_<name>``; the chosen handler's are shown, and checked by the
handler's own form.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.utils.functional import SimpleLazyObject, cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.admin.widgets import admin_widget, all_roles
from enrolments.courses.course_patterns import parse_patterns
from handlers.contract import Handler, ParametersForm
from handlers.discovery import SPECIFIC
from handlers.faults import HookBroken
from handlers.parameter_fields import CoursePatternsField
from handlers.querystring import ParsedString, encode, parse
from handlers.registry import all_handlers, installed, specific_folder

STRING_AT_MOST = 20_000
ERRORS_SHOWN = 20


@dataclass(frozen=True)
class Section:
    """One handler's part of the form. ``condition`` shows it, as a script expression of the page."""

    key: str
    handler: Handler
    condition: str

    @cached_property
    def defaults(self) -> dict[str, Any] | None:
        """Return the parameters of an entry for which nothing was typed; None if the handler's form is broken."""
        try:
            return self.handler.MerchantForm.default_parameters()
        except HookBroken:
            return None

    def field_name(self, name: str) -> str:
        return f"cfg_{self.key}_{name}"

    def field_names(self) -> list[str]:
        return [self.field_name(name) for name in self.handler.MerchantForm.base_fields]


def sections() -> list[Section]:
    """List a section for every handler that can be chosen: the listed ones, and the specific ones, each for its code.

    A handler whose form is broken has none. To find that out, a form of each is made: once for a page will do.
    """
    return [section for section in installed_sections() if section.defaults is not None]


def installed_sections() -> list[Section]:
    """List a section for every handler, its form broken or not."""
    listed = [Section(handler.name, handler, f"handler == '{handler.name}'") for handler in all_handlers()]
    specific = [
        Section(
            f"{SPECIFIC}_{found.handler.name}",
            found.guarded,
            f"handler == '{SPECIFIC}' && code.toLowerCase().replaceAll('-', '_') == '{found.handler.name}'",
        )
        for found in installed()
        if found.specific
    ]
    return [*listed, *specific]


def section_for(handler: str, code: str) -> Section | None:
    """Return the section of the chosen handler; None for no handler, one that is not installed or a broken one."""
    key = f"{SPECIFIC}_{specific_folder(code)}" if handler == SPECIFIC else handler
    found = next((section for section in installed_sections() if section.key == key), None)
    return found if found and found.defaults is not None else None


class ShownField(forms.Field):
    """A handler's field on the form of the entry: it shows; the handler's own form validates."""

    def __init__(self, plain: forms.Field, widget: forms.Widget, initial: Any) -> None:
        super().__init__(
            required=plain.required, label=plain.label, help_text=plain.help_text, widget=widget, initial=initial
        )
        self.plain = plain

    def clean(self, value: Any) -> Any:
        return value

    def prepare_value(self, value: Any) -> Any:
        return self.plain.prepare_value(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return False: the form of the entry finds out whether the parameters changed."""
        return False


def parameter_fields(shown: Iterable[Section], stored: Mapping[str, Mapping[str, Any]]) -> dict[str, forms.Field]:
    """Return the fields of these sections by name, filled with ``stored`` parameters (by section) or the defaults."""
    roles = SimpleLazyObject(all_roles)
    fields: dict[str, forms.Field] = {}
    for section in shown:
        values = {**(section.defaults or {}), **stored.get(section.key, {})}
        for name, plain in section.handler.MerchantForm().fields.items():
            widget = admin_widget(plain, lambda: roles)
            fields[section.field_name(name)] = ShownField(plain, widget, values.get(name))
    return fields


class TypedParameters:
    """Values typed for the chosen handler, in its fields and in the string; `resolve` decides between the two."""

    def __init__(
        self, section: Section, data: Any, files: Any, *, string: str, shown_string: str, before: Mapping[str, Any]
    ) -> None:
        self.section = section
        self.before = section.handler.MerchantForm.default_parameters() | dict(before)
        self.fields_form = self._fields_form(data, files)
        self.parsed: ParsedString | None = None
        if string.strip() != shown_string.strip():
            self.parsed = parse(string, section.handler.MerchantForm)

    def resolve(self, form: forms.BaseForm, string_field: str) -> dict[str, Any] | None:
        """Return the parameters to store; None after adding errors to ``form`` at the fields to blame.

        The string counts when it was changed and the fields were not. Where both were changed, fields and string must
        say the same.
        """
        if self.parsed is None:
            return self._from_fields(form)
        string_form = self.parsed.form()
        if not string_form.is_valid():
            form.add_error(string_field, _string_errors(string_form))
            return None
        by_string = string_form.to_parameters()
        if self._fields_changed() and by_string != self._fields_or_none():
            form.add_error(
                string_field,
                _(
                    "Both the fields and this string were changed, and they do not say the same. To keep the "
                    "fields, put this string back to: %(string)s"
                )
                % {"string": encode(self.before, self.section.handler.MerchantForm) or _("(nothing)")},
            )
            return None
        return by_string

    def readings(self) -> list[tuple[str, str, str]]:
        """List label, literal and decoded reading of every value of a changed string that decoding changes."""
        if self.parsed is None:
            return []
        fields = self.section.handler.MerchantForm.base_fields
        return [
            (str(fields[key].label or key), literal, decoded)
            for key, (literal, decoded) in self.parsed.both_readings.items()
        ]

    def without_effect(self) -> list[str]:
        """List the parameters of a changed string that mean nothing in this shop, and are not kept."""
        return self.parsed.without_effect if self.parsed else []

    def _fields_form(self, data: Any, files: Any) -> ParametersForm:
        form = self.section.handler.MerchantForm(data, files)
        form.add_prefix = self.section.field_name  # type: ignore[assignment, method-assign]  # replaced on this form alone
        for field in form.fields.values():
            field.widget = admin_widget(field)
        return form

    def _from_fields(self, form: forms.BaseForm) -> dict[str, Any] | None:
        if not self.fields_form.is_valid():
            for name, errors in self.fields_form.errors.as_data().items():
                at = "handler" if name == NON_FIELD_ERRORS else self.section.field_name(name)
                form.add_error(at, errors)
            return None
        return self._as_typed_before(self.fields_form.to_parameters())

    def _fields_or_none(self) -> dict[str, Any] | None:
        return self.fields_form.to_parameters() if self.fields_form.is_valid() else None

    def _fields_changed(self) -> bool:
        """Tell whether any field was changed from the value shown, validly or not."""
        return any(
            _reading(field, self.fields_form[name].data) != _reading(field, field.prepare_value(self.before.get(name)))
            for name, field in self.fields_form.fields.items()
        )

    def _as_typed_before(self, parameters: dict[str, Any]) -> dict[str, Any]:
        """Keep the stored text of a list of patterns that is unchanged: the chooser drops blanks."""
        kept = dict(parameters)
        for name, field in self.fields_form.fields.items():
            before = self.before.get(name)
            if not isinstance(field, CoursePatternsField) or not before or not kept.get(name):
                continue
            if parse_patterns(before) == parse_patterns(kept[name]):
                kept[name] = before
        return kept


def _reading(field: forms.Field, typed: Any) -> Any:
    """Return the value of ``typed`` for ``field``; the text itself, marked unreadable, where ``field`` refuses it."""
    try:
        cleaned = field.clean(typed)
    except ValidationError:
        return ("unreadable", "" if typed is None else str(typed))
    return parse_patterns(cleaned) if isinstance(field, CoursePatternsField) else cleaned


def _string_errors(string_form: ParametersForm) -> ValidationError:
    errors: list[ValidationError | str] = []
    for name, messages in string_form.errors.items():
        for message in messages:
            if name == NON_FIELD_ERRORS:
                errors.append(str(message))
            else:
                label = string_form.fields[name].label or name
                errors.append(_("%(label)s (%(key)s): %(error)s") % {"label": label, "key": name, "error": message})
    if len(errors) > ERRORS_SHOWN:
        more = len(errors) - ERRORS_SHOWN
        errors[ERRORS_SHOWN:] = [ngettext("And %(n)d more error.", "And %(n)d more errors.", more) % {"n": more}]
    return ValidationError(errors)


def readings_text(text: str, form_class: type[ParametersForm]) -> SafeString | str:
    """List each value of ``text`` that decoding changes, with its decoded reading; "" when there is none."""
    both = parse(text, form_class).both_readings
    if not both:
        return ""
    rows = format_html_join("", "<li>{}: {} → {}</li>", ((key, *both[key]) for key in both))
    return format_html("<p>{}</p><ul>{}</ul>", _("As written and as read:"), rows)

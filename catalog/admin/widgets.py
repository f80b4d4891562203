"""The admin's widgets for the plain fields of handlers: pickers, choosers, switches.

Handlers know nothing of the admin. A field without a widget here keeps its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.urls import reverse_lazy
from django.utils import formats
from django.utils.translation import gettext as _
from unfold import widgets as unfold
from unfold.contrib.forms.widgets import WYSIWYG_CLASSES

from enrolments.courses.course_patterns import parse_patterns
from enrolments.courses.roles.models import Role
from handlers.parameter_fields import CourseField, CoursePatternsField, MomentField, RoleField, SwitchField

COURSE_CHOICES_URL = "admin:catalog_course_choices"
# After Select2: in a list of its own a script would have no order.
FOUND_FIRST = ("admin/js/vendor/select2/select2.full.js", "admin/js/jquery.init.js", "js/course_chooser.js")

if TYPE_CHECKING:
    from django.forms.widgets import ChoiceWidget

    AnyWidget = forms.Widget
else:
    AnyWidget = object


class Unwatched(AnyWidget):
    """Widget that the admin's script does not watch: only the choice of handler and code change the page.

    Watching every field would let the script write values back into choosers and editors it does not know.
    """

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for watched in ("x-model.fill", "x-init"):
            context["widget"]["attrs"].pop(watched, None)
        return context

    def made_from(self) -> str | None:
        """Return all that the widget shows, but for its value (`common/templatetags/kept_rows.py`); None: unknown."""
        return repr(vars(self))


class RichText(Unwatched, unfold.UnfoldAdminTextareaWidget):
    """The editor for descriptions: unfold's, around a textarea that keeps the stored HTML as it is."""

    template_name = "catalog/admin/rich_text.html"

    class Media:
        css = {"all": ("unfold/forms/css/trix/trix.css",)}
        js = ("unfold/forms/js/trix/trix.js", "unfold/forms/js/trix.config.js", "js/rich_text.js")

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"rows": 12, **(attrs or {})})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["editor_class"] = " ".join(WYSIWYG_CLASSES)
        return context


class Picture(Unwatched, unfold.UnfoldAdminImageFieldWidget):
    """Upload with preview."""

    def made_from(self) -> None:
        """Return None: the address of the preview is the storage's, and may not stay."""


class CourseChooser(Unwatched, unfold.UnfoldAdminSelect2Widget):
    """Chooser of one course, searched by typing; a name that is no course yet may be typed too."""

    class Media:
        js = FOUND_FIRST

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            attrs={
                "data-ajax--url": reverse_lazy(COURSE_CHOICES_URL),
                "data-tags": "true",
                "data-allow-clear": "true",
                "data-placeholder": "",
                **(attrs or {}),
            }
        )

    def made_from(self) -> str:
        return _made_from_chooser(self)

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        # The only options are the chosen ones; a search brings the others.
        self.choices = [("", ""), *((chosen, chosen) for chosen in value if chosen)]
        return super().optgroups(name, value, attrs)


class CoursePatternsChooser(Unwatched, unfold.UnfoldAdminSelect2MultipleWidget):
    """Chooser of several courses or patterns like ``SEC-*``; kept as one text with commas."""

    class Media:
        js = FOUND_FIRST

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(
            attrs={
                "data-ajax--url": reverse_lazy(COURSE_CHOICES_URL, query={"patterns": "1"}),
                "data-tags": "true",
                "data-token-separators": '[","]',
                "data-placeholder": "",
                **(attrs or {}),
            }
        )

    def made_from(self) -> str:
        return _made_from_chooser(self)

    def format_value(self, value: Any) -> list[str]:
        return list(parse_patterns(value)) if isinstance(value, str) else [str(part) for part in value or ()]

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        self.choices = [(chosen, chosen) for chosen in value]
        return super().optgroups(name, value, attrs)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        return ",".join(part.strip() for part in data.getlist(name) if part.strip())


def _made_from_chooser(widget: forms.Select) -> str:
    # The address is the same for each chooser of a kind, and the options are the value.
    return repr((widget.is_required, [attr for attr in widget.attrs.items() if attr[0] != "data-ajax--url"]))


class RoleChooser(Unwatched, unfold.UnfoldAdminSelectWidget):
    """Chooser of a role; it keeps a stored role that no longer exists."""

    def __init__(self, roles: Callable[[], Iterable[tuple[str, str]]]) -> None:
        super().__init__()
        self._roles = roles

    def made_from(self) -> str:
        return repr((self.attrs, self.is_required, list(self._roles())))

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        roles = [(code, f"{label} ({code})") for code, label in self._roles()]
        known = {code for code, _label in roles}
        strange = [(code, _("%(code)s (no such role)") % {"code": code}) for code in value if code not in {"", *known}]
        self.choices = [("", ""), *roles, *strange]
        return super().optgroups(name, value, attrs)


class MomentPicker(unfold.UnfoldAdminSplitDateTimeWidget):
    """A date and, optionally, a time of day; one text for the field."""

    def made_from(self) -> str:
        return repr((self.attrs, self.is_required, [(part.attrs, part.is_required) for part in self.widgets]))

    def decompress(self, value: Any) -> list[str]:
        day, _blank, time = str(value or "").partition(" ")
        # The date in the format of the page's calendar; with an offset only ISO 8601 is understood.
        if len(time) <= len("00:00:00"):
            with suppress(ValueError):
                day = date.fromisoformat(day).strftime(formats.get_format("DATE_INPUT_FORMATS")[0])
        return [day, time]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> str:
        parts = super().value_from_datadict(data, files, name)
        return " ".join(part.strip() for part in parts if part and part.strip())

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for part in context["widget"]["subwidgets"]:
            part["attrs"].pop("x-model.fill", None)
        return context


class Line(Unwatched, unfold.UnfoldAdminTextInputWidget):
    pass


class Paragraph(Unwatched, unfold.UnfoldAdminTextareaWidget):
    pass


class Number(Unwatched, unfold.UnfoldAdminIntegerFieldWidget):
    pass


class Switch(Unwatched, unfold.UnfoldBooleanSwitchWidget):
    pass


class Choice(Unwatched, unfold.UnfoldAdminSelectWidget):
    pass


class Day(Unwatched, unfold.UnfoldAdminDateWidget):
    pass


class Choices(Unwatched, unfold.UnfoldAdminCheckboxSelectMultipleWidget):
    pass


def all_roles() -> list[tuple[str, str]]:
    """List code and name of every role."""
    return [(role.code, role.name) for role in Role.objects.order_by("code")]


def admin_widget(field: forms.Field, roles: Callable[[], Iterable[tuple[str, str]]] = all_roles) -> forms.Widget:
    """Return the admin's widget for a handler's ``field``; the field's own where the admin has none that fits."""
    widget = _special_widget(field, roles) or _general_widget(field)
    if widget is None:
        return field.widget
    widget.is_required = field.required
    # Bounds and lengths belong to the field.
    widget.attrs.update(field.widget_attrs(widget))
    if isinstance(field, forms.ChoiceField):
        cast("ChoiceWidget", widget).choices = cast("Iterable[tuple[Any, Any]]", field.choices)
    return widget


def _special_widget(field: forms.Field, roles: Callable[[], Iterable[tuple[str, str]]]) -> forms.Widget | None:
    if isinstance(field, CourseField):
        return CourseChooser()
    if isinstance(field, CoursePatternsField):
        return CoursePatternsChooser()
    if isinstance(field, RoleField):
        return RoleChooser(roles)
    if isinstance(field, MomentField):
        return MomentPicker()
    if isinstance(field, SwitchField):
        return Switch()
    return None


def _general_widget(field: forms.Field) -> forms.Widget | None:
    general: dict[type[forms.Widget], type[forms.Widget]] = {
        forms.TextInput: Line,
        forms.EmailInput: Line,
        forms.URLInput: Line,
        forms.Textarea: Paragraph,
        forms.NumberInput: Number,
        forms.CheckboxInput: Switch,
        forms.Select: Choice,
        forms.DateInput: Day,
        forms.CheckboxSelectMultiple: Choices,
        forms.SelectMultiple: Choices,
    }
    found = general.get(type(field.widget))
    return found() if found else None

"""Fields that an entry asks for each unit, inside the form of the entry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from unfold.forms import PaginationFormSetMixin
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog.models.entry_fields import NAME_MAX_LENGTH, WITH_LENGTH, EntryField
from catalog.services.entry_fields import MOST_FIELDS, NAME_TWICE, TooManyFields, problems_of
from common.admin.decimals import DECIMALS
from common.admin.pages import StackedRows
from common.constraints import SaysWhy
from common.languages import languages
from common.search import normalise
from handlers.asked_fields import Choice, FieldKind, choices_stored, choices_to_store, number_in_words

SEPARATOR = "|"
# Columns of a field beside its texts, and the kinds that have them. The page's stylesheet shows no others.
ONLY_FOR: dict[str, tuple[FieldKind, ...]] = {
    "choices": (FieldKind.CHOICE,),
    "least": (FieldKind.NUMBER,),
    "greatest": (FieldKind.NUMBER,),
    "earliest": (FieldKind.DATE,),
    "latest": (FieldKind.DATE,),
    "max_length": WITH_LENGTH,
    "pattern": (FieldKind.TEXT,),
    "example": (FieldKind.TEXT,),
}


class ChoicesField(forms.CharField):
    """Choices, one a line: `value | label | label`, the labels in the order of the shop's languages.

    A line without labels is its own label; one label serves every language.
    """

    widget = UnfoldAdminTextareaWidget

    def to_python(self, value: Any) -> list[dict[str, Any]]:  # type: ignore[override]  # a list is read from the text
        if isinstance(value, list):
            return value
        lines = (line.strip() for line in (super().to_python(value) or "").splitlines())
        return choices_to_store(self._choice(line) for line in lines if line)

    def prepare_value(self, value: Any) -> Any:
        return choices_in_lines(choices_stored(value)) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return (initial or []) != self.to_python(data)
        except ValidationError:
            return True

    def _choice(self, line: str) -> Choice:
        value, *labels = (part.strip() for part in line.split(SEPARATOR))
        if len(labels) > len(languages()):
            raise ValidationError(
                _("Too many “%(sign)s” in this line: %(line)s"), params={"sign": SEPARATOR, "line": line}
            )
        spare = next((label for label in labels if label), value)
        labels += [""] * (len(languages()) - len(labels))
        return Choice(value, {code: label or spare for code, label in zip(languages(), labels, strict=True)})


def choices_in_lines(choices: Iterable[Choice]) -> str:
    """Write choices as the field reads them, in the shortest way."""
    return "\n".join(_line(choice) for choice in choices)


def _line(choice: Choice) -> str:
    labels = [choice.label.get(code, "") for code in languages()]
    if set(labels) == {choice.value}:
        return choice.value
    if len(set(labels)) == 1:
        labels = labels[:1]
    return f" {SEPARATOR} ".join([choice.value, *labels])


def _choices_help() -> str:
    names = [str(get_language_info(code)["name_translated"]) for code in languages()]
    return _("One a line: value | %(labels)s. A line with one text alone is the same in every language.") % {
        "labels": f" {SEPARATOR} ".join(names)
    }


class FieldForm(SaysWhy, forms.ModelForm):
    """Form of one field. Columns that do not belong to the field's kind are ignored, and not shown."""

    choices = ChoicesField(label=gettext_lazy("Choices"), required=False)

    class Meta:  # the inline names the model: named here, each page would make the fields twice
        fields = (
            "name",
            "position",
            "kind",
            "is_required",
            *(f"label_{code}" for code in languages()),
            *(f"help_{code}" for code in languages()),
            *ONLY_FOR,
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "name" not in self.fields:  # the reader may only look
            return
        self.fields["name"].required = False
        self.fields["position"].required = False
        self.fields["position"].help_text = _("Lower numbers come first. Empty: after the others.")
        self.fields["choices"].help_text = _choices_help()
        self.fields["choices"].widget.attrs |= {"rows": 5}
        for name in ("least", "greatest"):
            if self.initial.get(name) is not None:  # without the database's trailing zeros
                self.initial[name] = number_in_words(self.initial[name])
        for code in languages():
            language = get_language_info(code)["name_translated"].lower()
            self.fields[f"label_{code}"].label = _("Label (%(language)s)") % {"language": language}
            self.fields[f"help_{code}"].label = _("Help text (%(language)s)") % {"language": language}
        if not self.instance.pk:
            self.initial["position"] = None
        # The empty form that the page's script copies is always the same.
        self.made_from = FieldForm if (self.prefix or "").endswith("__prefix__") else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for column, kinds in ONLY_FOR.items():
            if cleaned.get("kind") not in kinds:
                self.errors.pop(column, None)
                cleaned[column] = self._nothing(column)
        if not cleaned.get("name") and "name" not in self.errors:
            cleaned["name"] = self._name_from_label(cleaned)
        cleaned["position"] = cleaned.get("position") or 0
        self._tell_problems(cleaned)
        return cleaned

    def _nothing(self, column: str) -> Any:
        field = cast("models.Field", EntryField._meta.get_field(column))
        return None if field.null else field.get_default()

    def _name_from_label(self, cleaned: dict[str, Any]) -> str:
        """Make a name from the label; the formset makes the name unique."""
        label = next((cleaned[f"label_{code}"] for code in languages() if cleaned.get(f"label_{code}")), "")
        words = "".join(sign if sign.isascii() and sign.isalnum() else " " for sign in normalise(label)).split()
        name = "_".join(words)[:NAME_MAX_LENGTH].rstrip("_")
        return name if name[:1].isalpha() else f"field_{name}"[:NAME_MAX_LENGTH].rstrip("_")

    def _tell_problems(self, cleaned: dict[str, Any]) -> None:
        known = {name: value for name, value in cleaned.items() if name in (self._meta.fields or ())}
        for problem in problems_of(EntryField(**known)):
            if problem.column not in self.errors:
                self.add_error(problem.column, str(problem.message))


class FieldFormSet(PaginationFormSetMixin, BaseInlineFormSet):
    """The fields of one entry, in order."""

    def clean(self) -> None:
        super().clean()
        names: set[str] = set()
        for form in self.kept():
            name = form.cleaned_data.get("name")
            if name and name in names and ("name" in form.changed_data or not self._rename(form, names)):
                form.add_error("name", NAME_TWICE)
            names.add(form.cleaned_data.get("name") or "")
        if len(self.kept()) > MOST_FIELDS:
            raise forms.ValidationError(str(TooManyFields.message))

    def kept(self) -> list[FieldForm]:
        """Return the forms to store: neither deleted nor blank."""
        return [
            form
            for form in cast("list[FieldForm]", self.forms)
            if getattr(form, "cleaned_data", None)
            and not form.cleaned_data.get("DELETE")
            and (form.instance.pk or form.has_changed())
        ]

    def in_order(self) -> list[EntryField]:
        """Return the fields to store in the order of asking: by position, new ones without a position last."""
        numbered = [(form.cleaned_data["position"] or float("inf"), form.instance) for form in self.kept()]
        return [field for _position, field in sorted(numbered, key=lambda pair: pair[0])]

    def validate_unique(self) -> None:
        """Do nothing: ``clean`` compares the names, and tells at the field."""

    def _rename(self, form: FieldForm, names: set[str]) -> bool:
        """Number a name that was made from the label, until it is free."""
        base = form.cleaned_data["name"]
        for number in range(2, MOST_FIELDS + 2):
            name = f"{base[: NAME_MAX_LENGTH - 3]}_{number}"
            if name not in names:
                form.cleaned_data["name"] = form.instance.name = name
                return True
        return False


class FieldInline(StackedRows):
    model = EntryField
    form = FieldForm
    formset = FieldFormSet
    formfield_overrides = DECIMALS
    verbose_name = gettext_lazy("field")
    verbose_name_plural = gettext_lazy("fields per unit")
    tab = True
    extra = 0
    max_num = MOST_FIELDS
    ordering_field = "position"
    fields = (
        ("kind", "is_required"),
        tuple(f"label_{code}" for code in languages()),
        "choices",
        ("least", "greatest"),
        ("earliest", "latest"),
        "max_length",
        ("pattern", "example"),
        tuple(f"help_{code}" for code in languages()),
        ("name", "position"),
    )

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[EntryField]:
        return super().get_queryset(request).order_by("position", "id")

"""The form of an entry."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from catalog.admin.parameters import (
    STRING_AT_MOST,
    Section,
    TypedParameters,
    parameter_fields,
    readings_text,
    section_for,
    sections,
)
from catalog.admin.widgets import Paragraph
from catalog.models.entries import Entry
from catalog.offers import offer_of
from catalog.services.entries import find_handler, is_code_fixed, lock_entry
from catalog.services.errors import EntryChangedMeanwhile, EntryRefused, ImageRefused
from catalog.services.images import prepare_image
from common.fields import CodeLineField
from common.made_from import MADE_FROM, MadeFrom
from handlers.discovery import SPECIFIC
from handlers.faults import HookBroken
from handlers.querystring import encode
from handlers.registry import all_handlers, canonical_name

STRING = "parameter_string"

# The form field at which a constraint of the database is told to the merchant, by the code of its error.
_FIELD_OF_RULE = {
    "code_taken": "code",
    "code_signs": "code",
    "folder_taken": "handler",
    "quantity_range": "max_quantity",
}


def handler_choices(stored: str = "") -> list[tuple[str, Any]]:
    """List no handler, the listed handlers, "Specific", and the stored handler if it has gone missing."""
    choices: list[tuple[str, Any]] = [("", gettext_lazy("Nothing: there is nothing to deliver"))]
    choices += [(handler.name, handler.label) for handler in all_handlers()]
    choices.append((SPECIFIC, gettext_lazy("Specific: a handler made for this entry")))
    if stored and stored not in dict(choices):
        choices.append((stored, _("%(name)s (not installed)") % {"name": stored}))
    return choices


def _handler_help() -> SafeString:
    """List the listed handlers, each with its description."""
    rows = format_html_join("", "<li>{}: {}</li>", ((h.label, h.summary) for h in all_handlers() if h.summary))
    return format_html("<ul>{}</ul>", rows)


class EntryForm(MadeFrom, forms.ModelForm):
    """Form of an entry: its fields, those of every handler, and the parameter string.

    Cleaning locks the row of a stored entry, so the form is validated inside the transaction that saves the entry.
    """

    use_required_attribute = False
    # Those of the page; None where a form is made without a page.
    sections: ClassVar[list[Section] | None] = None

    class Meta:
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {"code": CodeLineField}

    handler = forms.ChoiceField(
        label=gettext_lazy("What happens after the sale"), required=False, widget=UnfoldAdminSelectWidget()
    )
    parameter_string = forms.CharField(
        label=gettext_lazy("Parameters as one string"),
        required=False,
        max_length=STRING_AT_MOST,
        widget=Paragraph({"rows": 2}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = self.instance
        self.typed: TypedParameters | None = None
        self.locked: Entry | None = None
        self.stored_section = section_for(stored.handler, stored.code) if stored.pk else None
        self.stored_parameters = offer_of(stored).parameters if stored.pk else {}
        self.shown_string = ""
        if self.stored_section:
            self.shown_string = encode(self.stored_parameters, self.stored_section.handler.MerchantForm)
        if "code" not in self.fields:  # the reader may only look
            return
        cast("forms.ChoiceField", self.fields["handler"]).choices = handler_choices(stored.handler)
        self.fields["handler"].help_text = _handler_help()
        self.initial.update({"handler": stored.handler, STRING: self.shown_string, "version": stored.version})
        section = {self.stored_section.key: self.stored_parameters} if self.stored_section else {}
        self.fields.update(parameter_fields(sections() if self.sections is None else self.sections, section))
        self.fields["cancel_share_kept"].required = False
        self.code_is_fixed = bool(stored.pk) and is_code_fixed(stored)
        if self.code_is_fixed:
            self.fields["code"].disabled = True
            self.fields["code"].help_text = _(
                "Fixed, because the entry was sold or a specific handler is found by this code."
            )
        self.fields[STRING].help_text = self._string_help()

    def clean_code(self) -> str:
        typed = self.data.get(self.add_prefix("code"), self.instance.code)
        if self.code_is_fixed and typed != self.instance.code:
            # The code became fixed after the page was opened; the typed code must not vanish in silence.
            raise ValidationError(self.fields["code"].help_text)
        return self.cleaned_data["code"]

    def clean_cancel_share_kept(self) -> Decimal:
        """Return the share typed; nothing typed is nothing kept."""
        typed: Decimal | None = self.cleaned_data["cancel_share_kept"]
        return Decimal(0) if typed is None else typed

    def clean_handler(self) -> str:
        return canonical_name(self.cleaned_data["handler"])

    def clean_image(self) -> Any:
        image = self.cleaned_data["image"]
        if image and "image" in self.changed_data:
            try:
                return prepare_image(image.file)
            except ImageRefused as refusal:
                raise ValidationError(str(refusal)) from refusal
        return image

    def shown_values(self, row: models.Model) -> dict[str, Any]:
        entry = cast("Entry", row)
        shown = super().shown_values(entry)
        shown.pop("version", None)  # rises with each saving, whatever was changed
        section = section_for(entry.handler, entry.code)
        if section:
            parameters = offer_of(entry).parameters
            shown[STRING] = encode(parameters, section.handler.MerchantForm)
            shown |= {section.field_name(name): value for name, value in parameters.items()}
        return shown

    def stored_row(self) -> models.Model:
        return self.locked or self.instance

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = self.cleaned_data
        try:
            self.locked = self._lock(cleaned)
            super().clean()
            if "handler" in cleaned and "code" in cleaned:
                find_handler(
                    name=cleaned["handler"], code=cleaned["code"], state=cleaned.get("state", ""), stored=self.locked
                )
                self._clean_parameters(cleaned)
        except EntryRefused as refusal:
            self.add_error(refusal.field or None, str(refusal))
        except HookBroken as broken:
            self.add_error("handler", str(broken.fault.message))
        return cleaned

    @property
    def changed_data(self) -> list[str]:
        """Names of changed fields; the string stands for all parameters of the handler."""
        changed = [name for name in super().changed_data if name != STRING]
        if self.cleaned_data.get("parameters", self.stored_parameters) != self.stored_parameters:
            changed.append(STRING)
        return changed

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # a hook of Django that its types leave out
        for error in self.errors.pop(NON_FIELD_ERRORS, forms.utils.ErrorList()).as_data():
            self.add_error(_FIELD_OF_RULE.get(error.code or ""), error)
        if self.typed and not self.errors:
            self.instance.parameters = self.cleaned_data["parameters"]

    def _lock(self, cleaned: dict[str, Any]) -> Entry | None:
        if not self.instance.pk:
            return None
        code = cleaned.get("code", self.instance.code)
        try:
            return lock_entry(entry_id=self.instance.pk, expected_version=cleaned.get("version"), code=code)
        except EntryChangedMeanwhile:
            stored = Entry.objects.filter(pk=self.instance.pk).first()  # locked by now
            is_noted = "version" in self.data and self.data.get(self.add_prefix(MADE_FROM))
            if stored is None or not is_noted:
                raise
        # Field by field it is told what has changed, so the version no longer decides.
        cleaned["version"] = stored.version
        return lock_entry(entry_id=stored.pk, expected_version=stored.version, code=code)

    def _clean_parameters(self, cleaned: dict[str, Any]) -> None:
        section = section_for(cleaned["handler"], cleaned["code"])
        if section is None:
            if cleaned.get(STRING, "") not in ("", self.shown_string):
                self.add_error(STRING, _("There is nothing to set here unless you choose a handler."))
            return
        is_stored = self.stored_section is not None and self.stored_section.key == section.key
        # A string that cannot be read has its error already.
        string = cleaned.get(STRING, self.shown_string)
        if not is_stored and not string:
            # The string of the previous handler was removed with it: that is no change by the merchant.
            string = self.shown_string
        self.typed = TypedParameters(
            section,
            self.data,
            self.files,
            string=string,
            shown_string=self.shown_string,
            before=self.stored_parameters if is_stored else {},
        )
        parameters = self.typed.resolve(self, STRING)
        if parameters is not None:
            cleaned["parameters"] = parameters

    def _string_help(self) -> str:
        explanation = _(
            "The same parameters as key=value&key2=value2, as older shops keep them. Change either the fields "
            "or this string. When you choose another handler, the string of the one before counts for nothing."
        )
        text, section = self.shown_string, self.stored_section
        if self.is_bound:
            text = self.data.get(self.add_prefix(STRING), "")[:STRING_AT_MOST]
            section = section_for(
                self.data.get(self.add_prefix("handler"), ""), self.data.get(self.add_prefix("code"), "")
            )
        readings = readings_text(text, section.handler.MerchantForm) if section else ""
        return format_html("{} {}", explanation, readings)

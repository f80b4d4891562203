"""Forms that carry what they were made from, so that a change made elsewhere meanwhile is never overwritten unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.db.models.fields.files import FieldFile
from django.http import QueryDict
from django.utils.formats import localize
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries.fields import Country

from common.constraints import SaysWhy
from common.refusals import Refused

if TYPE_CHECKING:
    ModelForm = forms.ModelForm
else:
    ModelForm = object

MADE_FROM = "made_from"
_signer = signing.Signer(salt="made from")


class ChangedMeanwhile(Refused):
    """Refusal to save over what somebody else saved after the form was opened."""

    message = gettext_lazy(
        "Somebody else has changed this since you opened it, so nothing was saved. Look at what is marked, then save "
        "again."
    )


class MadeOfAnother(Refused):
    """Refusal of a form that was made from another object, or whose note of that is not the shop's."""

    message = gettext_lazy(
        "This form was opened for something else, so nothing was saved. Open the page again and type it there."
    )


class MadeFromNothing(Refused):
    """Refusal of a form that does not say what it was made from, as pages of the release before did not."""

    message = gettext_lazy(
        "This page was too old to say what it was made from, so nothing was saved. What you typed stands here: look at "
        "it, then save again."
    )


class MadeFromField(forms.CharField):
    """The shop's signed note of what a form showed. A note is no change of the object."""

    widget = forms.HiddenInput(attrs={"id": False})  # several forms on one page have a note

    def __init__(self) -> None:
        super().__init__(label="", required=False)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


# --- The note ---


def note(of: str, shown: Mapping[str, Any]) -> str:
    """Sign that a form about `of` was made from `shown`: fingerprints by field, or by row and field."""
    return _signer.sign_object({"of": of, "shown": shown})


def read_note(text: str, of: str) -> dict[str, Any]:
    """Return the fingerprints in a note about `of`. Raises MadeOfAnother."""
    try:
        read = _signer.unsign_object(text)
    except (signing.BadSignature, ValueError) as error:
        raise MadeOfAnother from error
    if read["of"] != of:
        raise MadeOfAnother
    return cast("dict[str, Any]", read["shown"])


def name_of(row: models.Model) -> str:
    return f"{row._meta.label_lower} {row.pk}"


def values_of(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Return the values of a row that fields of these names show; one query for each list of other rows."""
    fields = {each.name: each for each in (*row._meta.concrete_fields, *row._meta.many_to_many)}
    return {name: fields[name].value_from_object(row) for name in names if name in fields}


def fingerprints(values: Mapping[str, Any]) -> dict[str, str]:
    """Return a short text for each value: one text for one value, whether a database, a form or a person writes it."""
    return {name: _fingerprint(value) for name, value in values.items()}


def _fingerprint(value: Any) -> str:
    return hashlib.blake2s(_canonical(value).encode(), digest_size=8).hexdigest()


def _canonical(value: Any) -> str:
    match value:
        case None | False:
            return ""
        case str():
            return "\n".join(value.strip().splitlines())
        case models.Model():
            return str(value.pk)
        case FieldFile():
            return value.name or ""
        case Country():
            return value.code or ""
        case Decimal():
            return format(value.normalize() + 0, "f")
        case datetime():
            return str(value.timestamp())
        case models.QuerySet() | [models.Model(), *_]:
            return json.dumps(sorted(row.pk for row in value), default=str)
        case dict() | list() | tuple():
            return json.dumps(value, sort_keys=True, default=str) if value else ""
    return str(value)


# --- What has changed ---


@dataclass(frozen=True)
class Merged:
    """A posted form brought up to date: a sentence for each field that was changed elsewhere, and what to show."""

    messages: dict[str, str] = field(default_factory=dict)
    data: dict[str, list[str]] = field(default_factory=dict)


def merge(
    form_fields: Mapping[str, forms.Field],
    *,
    shown: Mapping[str, str],
    stored: Mapping[str, Any],
    data: Any,
    files: Any,
    html_name: Callable[[str], str],
) -> Merged:
    """Compare fingerprints that a form was made from with the values `stored` now.

    A field typed into keeps what was typed; an untouched one takes the stored value over. Both values are told.
    """
    merged = Merged()
    for name, before in shown.items():
        if name not in form_fields or name not in stored or _fingerprint(stored[name]) == before:
            continue
        form_field, at = form_fields[name], html_name(name)
        # No browser sends a file that was not chosen, nor a field that is disabled: these change nothing.
        if form_field.disabled or (
            isinstance(form_field, forms.FileField) and not _is_file_posted(form_field, at, data, files)
        ):
            continue
        typed = _typed(form_field, form_field.widget.value_from_datadict(data, files, at))
        now = in_words(form_field, stored[name])
        if typed is not _UNREADABLE and _fingerprint(typed) == _fingerprint(stored[name]):
            continue
        if typed is not _UNREADABLE and _fingerprint(typed) == before:
            text = _("Meanwhile changed from “%(before)s” to “%(now)s”, which stands here now.")
            merged.messages[name] = text % {"before": in_words(form_field, typed), "now": now}
            merged.data.update(as_posted(form_field.widget, at, form_field.prepare_value(stored[name])))
        else:
            text = _("Meanwhile changed to “%(now)s”. Save again to put yours in its place.")
            merged.messages[name] = text % {"now": now}
    return merged


def _is_file_posted(form_field: forms.Field, name: str, data: Any, files: Any) -> bool:
    """Tell whether a file was chosen, or is to be removed."""
    return form_field.widget.value_from_datadict(data, files, name) not in (None, "")


_UNREADABLE = object()


def _typed(form_field: forms.Field, value: Any) -> Any:
    try:
        return form_field.clean(value)
    except ValidationError:
        return _UNREADABLE


def in_words(form_field: forms.Field, value: Any) -> str:
    """Write a value as its field would: the words of a choice, numbers and dates in the reader's way."""
    if isinstance(value, models.QuerySet | list | tuple):
        return ", ".join(in_words(form_field, each) for each in value) or _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(form_field, forms.ModelChoiceField) and value not in (None, ""):
        rows = form_field.queryset
        found = value if isinstance(value, models.Model) or rows is None else rows.filter(pk=value).first()
        return form_field.label_from_instance(found) if isinstance(found, models.Model) else str(value)
    if isinstance(form_field, forms.ChoiceField):
        words = dict(_flat(cast("Iterable[Any]", form_field.choices))).get(str(value or ""))
        return str(words) if words else _("nothing")
    return _("nothing") if value in (None, "") else str(localize(value))


def _flat(choices: Iterable[Any]) -> Iterable[tuple[str, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(value), label


def as_posted(widget: forms.Widget, name: str, value: Any) -> dict[str, list[str]]:
    """Return what a browser posts for a control that shows `value`."""
    widget = getattr(widget, "widget", widget)  # the admin wraps choosers of rows
    if isinstance(widget, forms.MultiWidget):
        suffixes: list[str] = vars(widget)["widgets_names"]
        parts = value if isinstance(value, list | tuple) else widget.decompress(value) or []
        posted: dict[str, list[str]] = {}
        for part, suffix, each in zip(widget.widgets, suffixes, parts, strict=True):
            posted |= as_posted(part, name + suffix, each)
        return posted
    if isinstance(widget, forms.CheckboxInput):
        return {name: ["on"] if widget.check_test(value) else []}
    written = widget.format_value(value)
    if isinstance(written, list | tuple | set):
        return {name: [str(each) for each in written]}
    return {name: ["" if written is None else str(written)]}


def brought_up_to_date(data: Any, changes: Mapping[str, list[str]]) -> QueryDict:
    """Return a copy of posted data with other values under some names; an empty list removes the name."""
    copy = QueryDict(mutable=True)
    copy.update(data)
    for name, values in changes.items():
        if values:
            copy.setlist(name, values)
        else:
            copy.pop(name, None)
    return copy


# --- The form ---


class MadeFrom(SaysWhy, ModelForm):
    """Mixin of a ModelForm, before the form in the bases.

    Cleaning locks the stored row, so a form is cleaned in the transaction that saves the row. Where a field shown was
    changed meanwhile, the form is invalid: all that was typed stays, each such field tells both values, and posting
    the form that is shown then saves. So does a form without a note, from a page of the previous release.
    """

    locks_its_row = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            self.fields[MADE_FROM] = MadeFromField()
            self.initial[MADE_FROM] = self._note(self.instance)

    def shown_values(self, row: models.Model) -> dict[str, Any]:
        """Return the values of the stored row that the form shows, by field. A subclass adds those of no column."""
        return values_of(row, (name for name, each in self.fields.items() if not each.disabled))

    def lock_row(self) -> None:
        """Take, before the row's own lock, those that stand before it in the order of locks."""

    def stored_row(self) -> models.Model:
        """Return the row as stored, locked until the transaction ends; a blank one where there is none."""
        rows = type(self.instance)._base_manager.filter(pk=self.instance.pk)
        if self.locks_its_row and connection.in_atomic_block:
            self.lock_row()
            rows = rows.select_for_update(no_key=True)
        return rows.first() or type(self.instance)(pk=self.instance.pk)

    def refuse_changed(self) -> None:
        """Lock the row and compare once more. Raises ChangedMeanwhile. For forms that must not lock while cleaning."""
        row = type(self.instance)._base_manager.select_for_update(no_key=True).get(pk=self.instance.pk)
        if self._merged(row).messages:
            raise ChangedMeanwhile

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned.pop(MADE_FROM, None)
        if MADE_FROM not in self.fields:
            return cleaned
        row = self.stored_row()
        try:
            merged = self._merged(row)
        except MadeOfAnother as refusal:
            self.add_error(None, str(refusal))
            return cleaned
        except MadeFromNothing as refusal:
            self.add_error(None, str(refusal))
            self.data = brought_up_to_date(self.data, {self.add_prefix(MADE_FROM): [self._note(row)]})
            return cleaned
        if merged.messages:
            self.add_error(None, str(ChangedMeanwhile.message))
            for name, text in merged.messages.items():
                self.add_error(name, text)
            self.data = brought_up_to_date(self.data, merged.data | {self.add_prefix(MADE_FROM): [self._note(row)]})
        return cleaned

    def _merged(self, row: models.Model) -> Merged:
        posted = self.data.get(self.add_prefix(MADE_FROM), "")
        if not posted:
            raise MadeFromNothing
        return merge(
            self.fields,
            shown=read_note(posted, name_of(self.instance)),
            stored=self.shown_values(row),
            data=self.data,
            files=self.files,
            html_name=self.add_prefix,
        )

    def _note(self, row: models.Model) -> str:
        return note(name_of(self.instance), fingerprints(self.shown_values(row)))

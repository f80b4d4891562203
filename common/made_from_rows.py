"""Rows of a form that carry what they were made from: rows added, removed or changed elsewhere are not overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.core.exceptions import ValidationError
from django.db import connection, models
from django.forms import BaseInlineFormSet
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from common.constraints import sentence
from common.made_from import (
    MADE_FROM,
    ChangedMeanwhile,
    MadeFromField,
    MadeOfAnother,
    Merged,
    as_posted,
    brought_up_to_date,
    fingerprints,
    merge,
    name_of,
    note,
    read_note,
    values_of,
)
from common.numbers import whole_number

if TYPE_CHECKING:
    FormSet = BaseInlineFormSet
else:
    FormSet = object


class MadeFromRows(FormSet):
    """Mixin of an inline formset, before the formset in the bases; like `MadeFrom` for one form.

    A row added elsewhere appears, an untouched row changed elsewhere takes the new values over, a row removed elsewhere
    stands below as a new one. Cleaning locks the rows; a formset that takes other locks first sets `locks_rows` to
    False and calls `refuse_changed_rows` itself.
    """

    locks_rows = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Fingerprints of the rows with which the note was compared; cleaning writes into the rows themselves.
        self._read: dict[str, dict[str, str]] | None = None
        self._told: list[str] = []
        self._told_at: dict[int, dict[str, str]] = {}
        if self.instance.pk is not None:
            self._bring_up_to_date()

    @cached_property
    def management_form(self) -> Any:
        form = super().management_form
        if self.instance.pk is not None:
            form.fields[MADE_FROM] = MadeFromField()
            form.initial = {**(form.initial or {}), MADE_FROM: self._note(self._stored())}
        return form

    @cached_property
    def empty_form(self) -> Any:
        """Return the form of no row, which a page asks for a dozen times; Django makes it anew each time."""
        return super().empty_form

    def clean(self) -> None:
        super().clean()
        if self.locks_rows:
            self.refuse_changed_rows()
        for form in self.forms:
            for name, text in self._told_at.get(form.instance.pk or 0, {}).items():
                form.add_error(name, text)
        if self._told or self._told_at:
            raise ValidationError([str(ChangedMeanwhile.message), *self._told], code=ChangedMeanwhile.code)

    def refuse_changed_rows(self) -> None:
        """Lock the rows and compare them with those read when the form was made. Raises ChangedMeanwhile."""
        if self._read is None or not connection.in_atomic_block:
            return
        stored = cast("type[models.Model]", self.model)._base_manager
        rows = stored.filter(**{self.fk.name: self.instance}).order_by("pk").select_for_update()
        if self._read != {key: fingerprints(values) for key, values in self._stored(rows).items()}:
            raise ChangedMeanwhile

    def _bring_up_to_date(self) -> None:
        posted = self.data.get(f"{self.prefix}-{MADE_FROM}", "")
        if not posted:
            return
        stored = self._stored()
        self._read = {key: fingerprints(values) for key, values in stored.items()}
        try:
            shown = read_note(posted, self._name())
        except MadeOfAnother as refusal:
            self._told.append(str(refusal))
            return
        rows = {str(row.pk): row for row in self.get_queryset()}
        added, removed = rows.keys() - shown.keys(), shown.keys() - rows.keys()
        numbers = {self.data.get(f"{self.prefix}-{number}-id"): number for number in range(self.total_form_count())}
        shared = sorted(shown.keys() & rows.keys() & numbers.keys())
        dropped = [key for key in shared if self.data.get(f"{self.add_prefix(numbers[key])}-DELETE")]
        merged = {key: self._merged(numbers[key], shown[key], stored[key]) for key in shared if key not in dropped}
        self._told_at = {int(key): each.messages for key, each in merged.items() if each.messages}
        # No page shows the errors of a row that is to be removed.
        self._told += [
            _("Meanwhile changed: %(row)s. Save again to remove it all the same.") % {"row": rows[key]}
            for key in dropped
            if fingerprints(stored[key]) != shown[key]
        ]
        self._told += [_("Meanwhile added: %(row)s") % {"row": rows[key]} for key in sorted(added)]
        self._told += [
            _("Meanwhile removed: the row that now stands last. Save again to add it anew, or remove it here too.")
            for key in sorted(removed)
            if key in numbers
        ]
        if self._told or self._told_at:
            changes = {name: values for each in merged.values() for name, values in each.data.items()}
            data = brought_up_to_date(self.data, changes)
            self._renumber(data, added, removed, rows)
            data[f"{self.prefix}-{MADE_FROM}"] = self._note(stored)
            self.data = data
            self.__dict__.pop("management_form", None)
            self.__dict__.pop("forms", None)

    def _merged(self, number: int, shown: dict[str, str], stored: dict[str, Any]) -> Merged:
        prefix = self.add_prefix(number)
        return merge(
            self._fields(),
            shown=shown,
            stored=stored,
            data=self.data,
            files=self.files,
            html_name=lambda name: f"{prefix}-{name}",
        )

    def _renumber(self, data: QueryDict, added: set[str], removed: set[str], rows: dict[str, Any]) -> None:
        """Write the posted rows anew: those that are stored first, those that are not stored after them."""
        start = f"{self.prefix}-"
        posted: dict[int, dict[str, list[str]]] = {number: {} for number in range(self.total_form_count())}
        for name in [name for name in data if name.startswith(start)]:
            digits, dash, rest = name.removeprefix(start).partition("-")
            number = whole_number(digits)
            if dash and number is not None:
                posted.setdefault(number, {})[rest] = data.getlist(name)
                del data[name]
        kept: list[dict[str, list[str]]] = []
        new: list[dict[str, list[str]]] = []
        for _number, row in sorted(posted.items()):
            key = (row.get("id") or [""])[0]
            if key in removed:
                if not row.get("DELETE"):
                    new.append(row | {"id": [""]})
            else:
                (kept if key else new).append(row)
        kept += [self._row_as_posted(rows[key]) for key in sorted(added)]
        for number, row in enumerate(kept + new):
            for rest, values in row.items():
                data.setlist(f"{start}{number}-{rest}", values)
        data[f"{start}TOTAL_FORMS"] = str(len(kept) + len(new))
        data[f"{start}INITIAL_FORMS"] = str(len(kept))

    def _row_as_posted(self, row: models.Model) -> dict[str, list[str]]:
        posted = {"id": [str(row.pk)]}
        for name, value in values_of(row, self._fields()).items():
            form_field = self._fields()[name]
            posted |= as_posted(form_field.widget, name, form_field.prepare_value(value))
        return posted

    def _fields(self) -> dict[str, Any]:
        return self.form.base_fields

    def _stored(self, rows: Any = None) -> dict[str, dict[str, Any]]:
        rows = self.get_queryset() if rows is None else rows
        return {str(row.pk): values_of(row, self._fields()) for row in rows}

    def get_unique_error_message(self, unique_check: Any) -> str:
        """Return the message of the constraint that two rows break together, by the fields' names in words."""
        model = cast("type[models.Model]", self.model)
        for constraint in model._meta.constraints:
            if set(getattr(constraint, "fields", ())) == set(unique_check) | {self.fk.name}:
                return sentence(constraint, model)
        return super().get_unique_error_message(unique_check)

    def _name(self) -> str:
        return f"{name_of(self.instance)} {self.prefix}"

    def _note(self, stored: dict[str, dict[str, Any]]) -> str:
        return note(self._name(), {key: fingerprints(values) for key, values in stored.items()})

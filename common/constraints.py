"""Violated constraints in sentences for people: they name the fields and the limit, never the constraint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models
from django.db.models import BaseConstraint, CheckConstraint, F, Q, UniqueConstraint
from django.utils.formats import localize
from django.utils.text import capfirst, get_text_list
from django.utils.translation import gettext as _

from common.refusals import Refused

if TYPE_CHECKING:

    class ModelForm(forms.ModelForm):
        """Stand-in for a ModelForm, with a hook of Django that its types leave out."""

        def _update_errors(self, errors: ValidationError) -> None: ...

else:
    ModelForm = object


class ConstraintViolated(Refused):
    """Refusal of the database, in a sentence for the person who typed."""


def fields_of(constraint: BaseConstraint) -> list[str]:
    """Return the names of the fields that a constraint is about, in its order."""
    if isinstance(constraint, CheckConstraint):
        names = [name for name, _lookup, _value in _comparisons(constraint.condition)]
    elif isinstance(constraint, UniqueConstraint) and constraint.fields:
        names = list(constraint.fields)
    else:
        names = [name for each in getattr(constraint, "expressions", ()) for name in _named(each)]
    return list(dict.fromkeys(names))


def sentence(constraint: BaseConstraint, model: type[models.Model]) -> str:
    """Return the constraint's own message; without one, name the fields, and the limit where there is one."""
    if constraint.violation_error_message != constraint.default_violation_error_message:
        return str(constraint.violation_error_message)
    labels = [_label(model, name) for name in fields_of(constraint)]
    if not isinstance(constraint, CheckConstraint):
        return _("There is one already with the same values: %(fields)s.") % {"fields": get_text_list(labels, _("and"))}
    limits = [_limit(lookup, value) for _name, lookup, value in _comparisons(constraint.condition)]
    if len(labels) == 1 and all(limits):
        return f"{labels[0]}{_(':')} {get_text_list(limits, _('and'))}."
    if len(labels) == 1:
        return _("This cannot be stored: %(field)s.") % {"field": labels[0]}
    return _("These do not fit together: %(fields)s.") % {"fields": get_text_list(labels, _("and"))}


def refusal_of(error: IntegrityError) -> ConstraintViolated | None:
    """Return the refusal in words for an error of the database; None for one of no constraint of the models."""
    name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if constraint.name == name:
                return ConstraintViolated(sentence(constraint, model), field=next(iter(fields_of(constraint)), None))
    return None


def _comparisons(condition: Any) -> list[tuple[str, str, Any]]:
    """List field, lookup and value of a condition."""
    found = []
    for child in condition.children if isinstance(condition, Q) else _sources(condition):
        if isinstance(child, Q):
            found += _comparisons(child)
        elif isinstance(child, tuple):
            name, _dash, lookup = child[0].partition("__")
            found.append((name, lookup or "exact", child[1]))
            found += [(other, "", None) for other in _named(child[1])]
        else:
            found += [(name, "", None) for name in _named(child)]
    return found


def _named(expression: Any) -> list[str]:
    if isinstance(expression, tuple | list):
        return [name for each in expression for name in _named(each)]
    if isinstance(expression, Q):
        return [name for name, _lookup, _value in _comparisons(expression)]
    if isinstance(expression, F):
        return [vars(expression)["name"].partition("__")[0]]
    return [name for each in _sources(expression) for name in _named(each)]


def _sources(expression: Any) -> list[Any]:
    return list(expression.get_source_expressions()) if hasattr(expression, "get_source_expressions") else []


def _limit(lookup: str, value: Any) -> str:
    if lookup in ("gte", "lte", "gt", "lt") and isinstance(value, int | float):
        texts = {
            "gte": _("%(n)s or more"),
            "lte": _("%(n)s or less"),
            "gt": _("more than %(n)s"),
            "lt": _("less than %(n)s"),
        }
        return texts[lookup] % {"n": localize(value)}
    return ""


def _label(model: type[models.Model], name: str) -> str:
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    return str(capfirst(str(getattr(field, "verbose_name", name))))


class SaysWhy(ModelForm):
    """Mixin of a ModelForm that tells a violated constraint at its field, in a sentence without names of the code."""

    # A template that asks a formset about the class of its forms makes none.
    do_not_call_in_templates = True

    def _update_errors(self, errors: ValidationError) -> None:
        by_field: dict[str, list[ValidationError]] = errors.update_error_dict({})
        told: dict[str, list[ValidationError]] = {}
        for name, each in by_field.items():
            for error in each:
                at, better = self._better(name, error)
                told.setdefault(at, []).append(better)
        super()._update_errors(ValidationError(told))

    def _better(self, name: str, error: ValidationError) -> tuple[str, ValidationError]:
        if error.code == "unique" and name != NON_FIELD_ERRORS:
            return name, ValidationError(_("There is one with this value already."), code=error.code)
        for constraint in type(self.instance)._meta.constraints:
            # A constraint with a code of its own is placed by the form that knows the code.
            if constraint.violation_error_code:
                continue
            is_plain = constraint.violation_error_message == constraint.default_violation_error_message
            own = constraint.get_violation_error_message() if is_plain else constraint.violation_error_message
            if str(own) != str(error.message):
                continue
            shown = [each for each in fields_of(constraint) if each in self.fields]
            at = shown[0] if shown and (is_plain or len(shown) == 1) else NON_FIELD_ERRORS
            return at, ValidationError(sentence(constraint, type(self.instance)), code=error.code)
        return name, error

"""Fewer models made anew while migrations are applied.

Reason: after each step of a migration Django makes the changed model anew, and with it all models it points to and all
that point to these, two dozen on average: nine tenths of the time of `migrate`. Going forwards, the models it points to
may stay: the registry tells them of the new class, and nothing asks the state before the step again. Going backwards,
the states of several steps are used side by side, and Django's own way is kept. Ends with: a Django that makes the
models of a state when they are asked for.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState, StateApps
from django.db.models import Model

# Of a model in a state: the label of its application and its name in small letters.
Key = tuple[str, str]
# Marks a state to which a migration is being applied.
FORWARDS = "goes_forwards"

_apply = Migration.apply
_find_all = vars(ProjectState)["_find_reload_model"]


def make_few_models_anew() -> None:
    repairs = ((Migration, "apply", apply), (ProjectState, "_find_reload_model", models_to_make_anew))
    for owner, name, repaired in repairs:
        setattr(owner, name, repaired)


def apply(migration: Migration, project_state: ProjectState, *args: Any, **options: Any) -> ProjectState:
    """Apply a migration to the database and to the state, which makes few models anew meanwhile."""
    setattr(project_state, FORWARDS, True)
    try:
        return _apply(migration, project_state, *args, **options)
    finally:
        setattr(project_state, FORWARDS, False)


def models_to_make_anew(state: ProjectState, app_label: str, model_name: str, delay: bool = False) -> set[Key]:
    """Return the changed model, those that hold its class, by a relation to it or as its subclasses, those that hold
    theirs, and so on.

    Where Django leaves out some of these with `delay`, and makes all models anew before Python code sees them, the
    state is right at once.
    """
    if not getattr(state, FORWARDS, False):
        return _find_all(state, app_label, model_name, delay)
    found: set[Key] = {(app_label, model_name)}
    waiting = list(found)
    while waiting:
        try:
            model = state.apps.get_model(*waiting.pop())
        except LookupError:  # just added, or renamed
            found |= _tables_between(state.apps)
            continue
        holders = _holders(model) - found
        found |= holders
        waiting += holders
    return found


def _tables_between(apps: StateApps) -> set[Key]:
    """Return the models that a relation to many had made for a model which is gone by its old name."""
    there = set(apps.get_models(include_swapped=True))
    between = [each for each in apps.get_models(include_auto_created=True) if each._meta.auto_created]
    return {_key(each) for each in between if each._meta.auto_created not in there}


def _holders(model: type[Model]) -> set[Key]:
    relations = model._meta.get_fields(include_parents=True, include_hidden=True)
    pointing = [field.related_model for field in relations if field.is_relation and not field.concrete]
    found = [each for each in pointing + model.__subclasses__() if isinstance(each, type) and issubclass(each, Model)]
    return {_key(each) for each in found}


def _key(model: type[Model]) -> Key:
    return model._meta.app_label, model._meta.model_name or ""

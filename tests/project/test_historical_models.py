"""Migrations make few models anew, and each state they see is the one that Django would make."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Model

pytestmark = pytest.mark.django_db

Relations = dict[str, tuple[set[tuple[str, str]], set[tuple[str, str]]]]


def key(**options) -> models.Field:
    return models.BigAutoField(primary_key=True, **options)


def to(target: str, **options) -> models.Field:
    return models.ForeignKey(f"shop.{target}", models.CASCADE, **options)


# Course ← session ← place ← note; each step changes one model while others point to it.
COURSES = [
    migrations.CreateModel("course", [("id", key())]),
    migrations.CreateModel("session", [("id", key()), ("course", to("course"))]),
    migrations.CreateModel("place", [("id", key()), ("session", to("session", related_name="+"))]),
    migrations.CreateModel("note", [("id", key()), ("place", to("place", null=True))]),
]
STEPS: dict[str, Operation] = {
    "a column of a model that others point to": migrations.AddField("session", "title", models.TextField(default="")),
    "a constraint": migrations.AddConstraint(
        "session", models.CheckConstraint(condition=models.Q(id__gt=0), name="session_of_test")
    ),
    "an index": migrations.AddIndex("course", models.Index(fields=["id"], name="course_of_test")),
    "a relation to another model": migrations.AddField("note", "course", to("course", null=True, related_name="notes")),
    "a relation to itself": migrations.AddField("course", "before", to("course", null=True)),
    "relations to many": migrations.AddField("session", "notes", models.ManyToManyField("shop.note")),
    "a relation renamed on its target": migrations.AlterField("session", "course", to("course", related_name="held")),
    "a key of another kind": migrations.AlterField("course", "id", models.UUIDField(primary_key=True)),
    "a column renamed": migrations.RenameField("session", "course", "subject"),
    "a model renamed": migrations.RenameModel("session", "meeting"),
    "a relation gone": migrations.RemoveField("note", "place"),
    "a model gone": migrations.DeleteModel("note"),
    "a subclass": migrations.CreateModel("webinar", [], bases=("shop.session",)),
}
IN_A_ROW = [
    *(operation for name, operation in STEPS.items() if name not in ("a model gone", "a subclass")),
    migrations.RemoveField("meeting", "notes"),
    migrations.DeleteModel("note"),
    migrations.CreateModel("webinar", [], bases=("shop.meeting",)),
]


@pytest.fixture
def state() -> ProjectState:
    """A state of four models in a row, with its models made."""
    made = ProjectState(real_apps=set())
    applied(made, *COURSES)
    return made


def applied(state: ProjectState, *operations: Operation) -> list[str]:
    """Apply a migration without its SQL and return the names of the models that were made anew by it."""
    migration = migrations.Migration("0001_of_test", "shop")
    migration.operations = list(operations)  # type: ignore[misc]
    assert state.apps
    before = set(state.apps.get_models())
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        migration.apply(state, editor, collect_sql=True)
    return sorted(model._meta.model_name or "" for model in set(state.apps.get_models()) - before)


def relations(state: ProjectState) -> Relations:
    """Return by model what it points to and what points to it, and check that all are models of that state."""
    registered = set(state.apps.get_models(include_auto_created=True))
    found: Relations = {}
    for model in registered:
        pairs: tuple[set[tuple[str, str]], set[tuple[str, str]]] = (set(), set())
        for field, target in _targets(model):
            assert target in registered, f"{model.__name__}.{field.name} points to a class of an earlier state."
            pairs[field.concrete].add((field.name, target._meta.model_name or ""))
        found[model._meta.model_name or ""] = pairs
    return found


def _targets(model: type[Model]) -> Iterator[tuple[Any, type[Model]]]:
    for field in model._meta.get_fields(include_hidden=True):
        if field.is_relation and isinstance(field.related_model, type):
            yield field, field.related_model


@pytest.mark.parametrize("step", STEPS)
def test_the_state_after_a_step_is_the_one_that_is_made_from_nothing(state, step):
    applied(state, STEPS[step])

    assert relations(state) == relations(ProjectState(state.models, real_apps=set()))


def test_the_state_after_all_steps_is_the_one_that_is_made_from_nothing(state):
    for operation in IN_A_ROW:
        applied(state, operation)
        assert relations(state) == relations(ProjectState(state.models, real_apps=set()))


def test_a_model_that_is_only_pointed_to_is_not_made_anew(state):
    assert applied(state, STEPS["a relation to another model"]) == ["note"]
    assert applied(state, STEPS["an index"]) == ["course", "note", "place", "session"]


def test_outside_a_migration_that_is_applied_django_makes_what_it_always_made(state):
    assert state.apps
    state.add_field("shop", "note", "text", models.TextField(default=""), preserve_default=True)
    before = state.apps.get_model("shop", "place")

    state.reload_model("shop", "note")

    assert state.apps.get_model("shop", "place") is not before

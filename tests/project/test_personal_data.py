"""Every column of every model that can hold what somebody typed belongs to a holding, or has a reason not to."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from common.personal_data import HOLDINGS
from tests.project.personal_data import EXEMPT

# Generated columns follow others of their row; pictures are the catalogue's.
TEXT = (models.CharField, models.TextField, models.JSONField, ArrayField)
ADVICE = "register them in the room's personal_data.py, or give the reason in tests/project/personal_data.py"


def columns_of_text() -> Iterator[tuple[str, str]]:
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            is_numbers = isinstance(field, ArrayField) and not isinstance(field.base_field, TEXT)
            if isinstance(field, TEXT) and not is_numbers:
                yield model._meta.label_lower, field.name


def held() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for holding in HOLDINGS:
        for label, columns in holding.columns.items():
            found.setdefault(label, set()).update(columns)
    return found


def test_every_column_is_held_or_has_its_reason():
    registered = held()
    open_ = [
        f"{label}.{name}"
        for label, name in columns_of_text()
        if name not in registered.get(label, ()) and not {label, f"{label}.{name}"} & EXEMPT.keys()
    ]

    assert open_ == [], ADVICE


def test_nothing_is_both_held_and_exempt_or_gone():
    columns = {f"{label}.{name}" for label, name in columns_of_text()}
    labels = {column.rpartition(".")[0] for column in columns}
    registered = {f"{label}.{name}" for label, names in held().items() for name in names}

    assert EXEMPT.keys() & registered == set()
    assert {name for name in EXEMPT if name not in columns | labels} == set()
    assert registered - columns == set()

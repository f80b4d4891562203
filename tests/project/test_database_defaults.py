"""The previous release sells on the next one's tables: the database fills a column unknown to the release."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.contrib.postgres.functions import RandomUUID
from django.db import IntegrityError, models
from django.db.migrations import AddField
from django.db.migrations.loader import MigrationLoader
from django.db.models.functions import Now
from django.utils import timezone

from handlers import registry
from handlers.testing import example_of
from tests.constraints import run
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import deliver, make_cart, pay, place

OURS = ("accounts", "billing", "catalog", "documents", "enrolments", "handlers", "outbox", "shop")
# Values made in Python for each row by the code that inserts it.
WITHOUT = {
    "accounts.User.is_superuser",  # Django's own column
    "shop.Cart.token",  # random bits, unguessable
    "shop.Order.token",
    "shop.PaymentAttempt.key",
    "shop.SavedCard.key",
    "shop.DocumentSending.key",
}
STANDARD = [found.handler.name for found in registry.installed() if found.handler.name.startswith("std_")]


def our_models() -> Iterator[type[models.Model]]:
    for label in OURS:
        models_of_floor = apps.get_app_config(label).get_models(include_auto_created=True)
        yield from (model for model in models_of_floor if not model._meta.proxy)


def fills_itself(field: models.Field) -> bool:
    """Tell whether Python gives the field a value by default, so that an INSERT need not name it."""
    return field.has_default() or getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)


def lacks_default(field: models.Field) -> bool:
    return not (field.null or field.primary_key or field.generated or field.has_db_default())


def test_each_default_is_one_of_the_database_too():
    lacking = {
        f"{model._meta.label}.{field.name}"
        for model in our_models()
        for field in model._meta.local_concrete_fields
        if fills_itself(field) and lacks_default(field)
    }

    assert lacking == WITHOUT, "Give the field a db_default beside its default."


def test_a_column_added_to_a_table_may_be_left_out_of_an_insert():
    lacking = {
        f"{label}.{operation.model_name}.{operation.name} ({name})"
        for (label, name), migration in MigrationLoader(None).disk_migrations.items()
        if label in OURS and not migration.initial
        for operation in migration.operations
        if isinstance(operation, AddField)
        and lacks_default(apps.get_model(label, operation.model_name)._meta.get_field(operation.name))
    }

    assert not lacking, "A column that comes later is nullable or has a db_default."


# What each makes anew for every row.
MADE_BY_BOTH = {timezone.now: Now(), uuid.uuid4: RandomUUID()}


def test_python_and_the_database_fill_in_the_same():
    for model in our_models():
        for field in model._meta.local_concrete_fields:
            if field.has_default() and field.has_db_default():
                by_python = MADE_BY_BOTH[field.default] if field.default in MADE_BY_BOTH else field.get_default()
                assert by_python == field.db_default, f"{model.__name__}.{field.name}"


@pytest.fixture
def next_release(db) -> None:
    """Add a column to every table of ours, unknown to this release."""
    for table in sorted({model._meta.db_table for model in our_models()}):
        run(f'ALTER TABLE "{table}" ADD COLUMN next_priority integer NOT NULL DEFAULT 7')


def purchase(name: str) -> None:
    """Buy three units of a handler's example as a member of an account, and have them delivered."""
    example = example_of(name)
    example.prepare()
    owner = MembershipFactory()
    entry = EntryFactory(handler=name, parameters=example.parameters)
    quantity = min(3, example.handler.max_quantity or 3)
    picked = example.owned(owner.account, quantity) if example.owned else example.answers(quantity)
    units = picked if example.handler.UnitForm else []
    order = place(
        make_cart(entry, quantity=quantity, units=units, user=owner.user),
        user=owner.user,
        account=owner.account,
        operator=owner.user,
    )
    assert pay(order) == "settled"
    assert deliver(order).status == "completed", order.lines.get().failure


@pytest.mark.parametrize("name", STANDARD)
def test_a_purchase_goes_through_on_the_tables_of_the_next_release(next_release, name):
    purchase(name)


def test_without_a_default_in_the_database_nothing_is_sold(next_release):
    run("ALTER TABLE outbox_job ALTER COLUMN next_priority DROP DEFAULT")

    with pytest.raises(IntegrityError, match="next_priority"):
        purchase("std_generateseats")

"""Constraints of the settings of providers, each broken by raw SQL."""

import pytest

from tests.constraints import broken, copy, run
from tests.shop.payments.configured.given import row_of, saved

pytestmark = pytest.mark.django_db

TABLE = "shop_providersettings"


def change(pk: int, what: str) -> None:
    run(f"UPDATE {TABLE} SET {what} WHERE id = %s", pk)


def test_a_method_has_one_row():
    with broken("shop_providersettings_name_once"):
        copy(TABLE, row_of().pk)


def test_a_method_is_offered_or_not_and_nothing_between():
    with broken("shop_providersettings_offer_known"):
        change(row_of().pk, "offer = 'may'")


@pytest.mark.parametrize("what", ["secret = 'x'", 'plain = \'{"mode": "TEST"}\''])
def test_keys_have_a_date(what):
    with broken("shop_providersettings_keys_dated"):
        change(row_of().pk, what)


def test_the_date_of_keys_does_not_go_without_them():
    with broken("shop_providersettings_keys_dated"):
        change(saved().pk, "keys_at = NULL")


@pytest.mark.parametrize("what", ["problem = 'x'", "account = 'x'"])
def test_a_try_of_keys_has_a_date(what):
    with broken("shop_providersettings_check_dated"):
        change(row_of().pk, what)

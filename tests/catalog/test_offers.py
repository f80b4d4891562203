"""Offers: what a customer may buy, by the stricter rule of entry and handler."""

from datetime import UTC, datetime

import pytest

from catalog.models.entries import Audience, EntryState
from catalog.offers import ReasonCode, buyability, offer_of
from catalog.selectors import ANYBODY, Shopper
from handlers.registry import temporary
from tests.catalog.handlers import Asking, EveryField, Strict
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def strict(monkeypatch):
    monkeypatch.setattr(Strict, "refused", set())
    with temporary(Strict), temporary(EveryField):
        yield


def shopper(**fields: object) -> Shopper:
    return Shopper(user=UserFactory(), **fields)


def codes(entry, who=ANYBODY, quantity=None) -> list[str]:
    return [reason.code for reason in buyability(entry=entry, shopper=who, now=NOW, quantity=quantity).reasons]


def test_an_available_entry_is_bought_by_anybody():
    answer = buyability(entry=EntryFactory(), shopper=ANYBODY, now=NOW, quantity=1_000)

    assert answer.can_buy
    assert (answer.reasons, answer.message, answer.needs_sign_in) == ((), "", False)


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (EntryState.DRAFT, ReasonCode.DRAFT),
        (EntryState.SUSPENDED, ReasonCode.SUSPENDED),
        (EntryState.RETIRED, ReasonCode.RETIRED),
    ],
)
def test_what_is_not_on_sale_is_bought_by_nobody(state, reason):
    entry = EntryFactory(state=state)

    assert codes(entry) == [reason]
    assert codes(entry, shopper(is_staff=True, is_customer=True)) == [reason]


def test_an_internal_entry_is_sold_by_staff_only_and_whoever_it_is_for():
    entry = EntryFactory(state=EntryState.INTERNAL, audience=Audience.CUSTOMERS)

    assert codes(entry) == [ReasonCode.INTERNAL]
    assert codes(entry, shopper(is_customer=True)) == [ReasonCode.INTERNAL]
    assert codes(entry, shopper(is_staff=True)) == []


@pytest.mark.parametrize(
    ("audience", "anybody", "member", "customer"),
    [
        (Audience.EVERYONE, [], [], []),
        (Audience.MEMBERS, [ReasonCode.SIGN_IN], [], []),
        (Audience.CUSTOMERS, [ReasonCode.SIGN_IN], [ReasonCode.CUSTOMERS_ONLY], []),
    ],
)
def test_an_audience_asks_a_visitor_to_sign_in_and_tells_nothing_else(audience, anybody, member, customer):
    entry = EntryFactory(audience=audience)

    assert codes(entry) == anybody
    assert codes(entry, shopper()) == member
    assert codes(entry, shopper(is_customer=True)) == customer
    assert buyability(entry=entry, shopper=ANYBODY, now=NOW).needs_sign_in is bool(anybody)


def test_the_stricter_audience_and_quantity_hold():
    entry = EntryFactory(handler="ext_strict", audience=Audience.MEMBERS, max_quantity=5)

    offer = offer_of(entry)
    assert (offer.audience, offer.min_quantity, offer.max_quantity) == (Audience.CUSTOMERS, 1, 1)
    assert codes(entry, shopper()) == [ReasonCode.CUSTOMERS_ONLY]

    open_entry = EntryFactory(handler="ext_everyfield", audience=Audience.MEMBERS, max_quantity=5)
    assert (offer_of(open_entry).audience, offer_of(open_entry).max_quantity) == (Audience.MEMBERS, 5)


@pytest.mark.parametrize(
    ("quantity", "reasons"), [(1, ["too_few"]), (2, []), (4, []), (5, ["too_many"]), (-1, ["too_few"])]
)
def test_quantities_have_bounds(quantity, reasons):
    assert codes(EntryFactory(min_quantity=2, max_quantity=4), quantity=quantity) == reasons


@pytest.mark.parametrize(
    ("values", "most"),
    [
        ({}, 1_000),
        ({"handler": "ext_everyfield"}, 1_000),
        ({"max_quantity": 100_000}, 100_000),
        ({"max_quantity": 7}, 7),
        ({"min_quantity": 2_000}, 2_000),
        ({"handler": "ext_strict"}, 1),
        ({"handler": "ext_gone"}, 1_000),
    ],
)
def test_an_entry_without_forms_is_sold_by_the_thousand_unless_the_merchant_says_otherwise(values, most):
    entry = EntryFactory(**values)

    assert offer_of(entry).max_quantity == most
    assert ReasonCode.TOO_MANY not in codes(entry, quantity=most)
    assert ReasonCode.TOO_MANY in codes(entry, quantity=most + 1)


def test_an_entry_with_forms_has_no_limit_of_its_own():
    """The limit of a cart applies instead, and is lower."""
    with temporary(Asking):
        assert offer_of(EntryFactory(handler="ext_asking")).max_quantity is None


def test_a_handler_may_refuse_a_person_but_is_not_asked_about_a_visitor():
    alice = UserFactory()
    Strict.refused = {alice.pk}
    entry = EntryFactory(handler="ext_strict", state=EntryState.INTERNAL)

    assert codes(entry, Shopper(user=alice, is_staff=True)) == [ReasonCode.NOT_FOR_YOU]
    assert codes(entry, Shopper(is_staff=True)) == []


def test_a_missing_handler_or_price_stops_the_sale():
    assert codes(EntryFactory(handler="ext_gone")) == [ReasonCode.NO_HANDLER]
    assert codes(EntryFactory(handler="specific")) == [ReasonCode.NO_HANDLER]
    assert codes(EntryFactory(tiers={2: "10"})) == [ReasonCode.NO_PRICE]


def test_parameters_are_upgraded_without_touching_the_entry():
    entry = EntryFactory(handler="ext_everyfield", handler_version=1, parameters={"packsize": 2})

    offer = offer_of(entry)

    assert (offer.parameters, offer.handler_version) == ({"upgraded_from": 1, "packsize": 2}, 3)
    assert entry.parameters == {"packsize": 2}


def test_an_answer_costs_no_query_when_the_prices_are_loaded(django_assert_num_queries):
    from catalog.selectors import get_entry

    EntryFactory(code="A", handler="ext_everyfield")
    entry = get_entry(code="A", shopper=ANYBODY)

    with django_assert_num_queries(0):
        assert buyability(entry=entry, shopper=ANYBODY, now=NOW, quantity=1).can_buy

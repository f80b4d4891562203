"""At the same moment.

One cart is ordered from several tabs.
"""

from shop.checkout import place as place_module
from shop.orders.models import Order
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place, shown_now
from tests.rivals.processes import errors_among, no_row_locks, race, values_among

READ = [(place_module, "price_cart")]


def order_from_tabs(tabs, **how):
    cart = make_cart(EntryFactory(handler="std_generateseats"))
    shown = shown_now(cart)
    return race(*[lambda: place(cart, shown=shown).pk] * tabs, before=READ, **how)


def test_one_cart_makes_one_order_and_every_tab_shows_it(trial):
    tabs, rounds = trial.size(4, 8), trial.size(1, 10)
    for made in range(1, rounds + 1):
        answers = order_from_tabs(tabs)
        assert errors_among(answers) == []
        [key] = set(values_among(answers))
        assert Order.objects.get(pk=key).events.count() == 1
        assert Order.objects.count() == made
        Order.objects.update(status="cancelled")  # an address may have few unpaid ones
    trial.note("times the same cart was ordered", rounds * tabs)
    trial.note("orders", Order.objects.count())


def test_control_without_the_carts_lock_all_but_one_get_an_error_of_the_database():
    answers = order_from_tabs(3, without=no_row_locks)

    assert errors_among(answers) == ["IntegrityError"] * 2
    assert {answer.constraint for answer in answers} == {"", "shop_order_cart_id_key"}

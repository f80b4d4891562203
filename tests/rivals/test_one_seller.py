"""At the same moment.

The first orders after the merchant has edited the seller's details.
"""

from shop.orders.models import Order
from shop.seller.models import FrozenSeller, ShopIdentity
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.rivals.processes import deadlocks_among, errors_among, race

# All have read that this seller is not frozen yet; the writing comes next.
ABOUT_TO_FREEZE = [(FrozenSeller.objects, "bulk_create")]


def first_orders(**how):
    ShopIdentity.objects.update(name="Formations du Rhône")
    entry = EntryFactory(handler="std_generateseats")
    carts = [make_cart(entry) for _cart in range(2)]
    orders = [lambda number=number: place(carts[number], email=f"{number}@example.org").pk for number in range(2)]
    return race(*orders, before=ABOUT_TO_FREEZE, **how)


def test_refer_to_one_and_the_same_seller():
    answers = first_orders()

    assert errors_among(answers) == []
    assert deadlocks_among(answers) == 0
    seller = FrozenSeller.objects.get(name="Formations du Rhône")
    assert Order.objects.filter(seller=seller).count() == 2


def test_control_an_insert_that_takes_no_notice_of_a_row_made_meanwhile_loses_an_order():
    def insist():
        insert = FrozenSeller.objects.bulk_create
        FrozenSeller.objects.bulk_create = lambda rows, **_how: insert(rows)

    answers = first_orders(without=insist)

    assert errors_among(answers) == ["IntegrityError"]
    assert {answer.constraint for answer in answers} == {"", "shop_frozenseller_fingerprint_key"}
    assert Order.objects.count() == 1

"""At the same moment.

The button that puts a list into the cart is pressed in several tabs.
"""

from django.utils import timezone

from enrolments.lists.reading import PersonRow
from shop.cart.models import CartLine
from shop.cart.services import add_to_cart, open_cart
from shop.from_list import services
from shop.from_list.looking import look
from shop.from_list.sales import sale_of
from tests.factories.accounts import MembershipFactory
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.rivals.given import session_entry
from tests.rivals.processes import errors_among, no_row_locks, race, values_among

PEOPLE = [PersonRow(line=line, email=f"p{line}@example.org", first_name="P", last_name="Q") for line in (1, 2)]
LOOKING = [(services, "look")]


def put_from_tabs(entry, tabs, **how):
    """Press the button of one page in several tabs; the cart holds a unit of the entry already."""
    owner, now = MembershipFactory(is_owner=True), timezone.now()
    cart = open_cart(token=None, user=owner.user)
    add_to_cart(cart=cart, entry=entry, quantity=1, user=owner.user, now=now)
    sale = sale_of(entry)
    of_page = {
        "account": owner.account,
        "sale": sale,
        "on_sale": sale.on_sale(),
        "typed": PEOPLE,
        "course": CourseFactory(),
        "now": now,
    }
    seen = look(cart=cart, **of_page).fingerprint

    def put() -> int:
        done = services.put_list_into_cart(operator=owner.user, seen=seen, token=None, language="en", **of_page)
        return done.looking.units

    return race(*[put] * tabs, before=LOOKING, **how)


def test_of_two_buttons_pressed_at_once_one_buys():
    for entry in (EntryFactory(handler="std_generateseats"), session_entry(CourseFactory())):
        answers = put_from_tabs(entry, 3)
        assert values_among(answers) == [2]
        assert errors_among(answers) == ["ListChanged"] * 2
        assert CartLine.objects.get(entry=entry).quantity == 3


def test_control_without_the_carts_lock_every_tab_buys():
    answers = put_from_tabs(EntryFactory(handler="std_generateseats"), 2, without=no_row_locks)
    assert values_among(answers) == [2, 2]

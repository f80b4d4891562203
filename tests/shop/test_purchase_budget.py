"""Requests and statements of a visitor's purchase, from the entry to the order paid, as a browser sends them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shop.seller.frozen import freeze_seller
from tests.factories.catalog import EntryFactory
from tests.factories.enrolments import CourseFactory
from tests.shop.papers.given import begin_series, complete_seller
from tests.shop.steps import VISITOR_DETAILS, cart_of, review_form

pytestmark = pytest.mark.django_db(transaction=True)

REQUESTS = 13
# More than in production, where parts of the pages are remembered for two seconds.
STATEMENTS = 185
ADDING = 11
CONTINUING = 8
DETAILS = 10
ORDERING = 43
STATEMENTS_OF_A_SESSION = 249
TYPING_UNITS = 26
ORDERING_A_SESSION = 59


@pytest.fixture
def asked(visitor):
    """Ask as a browser that follows redirects; return the last answer, and keep the statements of each request."""

    def ask(address, data=None):
        answer = None
        while address:
            with CaptureQueriesContext(connection) as captured:
                answer = visitor.get(address) if data is None else visitor.post(address, data)
            ask.counts.append((f"{'GET' if data is None else 'POST'} {address}", len(captured)))
            address, data = (answer.url, None) if answer.status_code == 302 else (None, None)
        assert answer.status_code == 200
        return answer

    ask.counts = []
    return ask


def test_a_purchase_asks_for_nothing_twice(visitor, asked):
    EntryFactory(code="PACK", handler="std_generateseats")
    freeze_seller(seller=complete_seller())
    begin_series()

    asked("/e/PACK/")
    asked("/e/PACK/", {"quantity": 1})
    line = cart_of(visitor).lines.get()
    asked("/cart/", {f"quantity-{line.pk}": 1, "continue": "1"})
    review = asked("/checkout/details/", VISITOR_DETAILS)
    order = asked("/checkout/review/", review_form(review.context)).context["order"]
    asked(f"/orders/{order.token}/pay/", {"method": "sandbox"})
    paid = asked(f"/payments/sandbox/pay/{order.token}/", {"choice": "succeed"})

    assert paid.context["order"].status == "paid"
    asked_for = [address for address, _count in asked.counts]
    assert len(asked_for) == REQUESTS
    # The order's page shows how to pay, and then that it is paid.
    assert len(set(asked_for)) == REQUESTS - 1
    counts = dict(asked.counts)
    assert counts["POST /e/PACK/"] <= ADDING
    assert counts["POST /cart/"] <= CONTINUING
    assert counts["POST /checkout/details/"] <= DETAILS
    assert counts["POST /checkout/review/"] <= ORDERING
    assert sum(count for _address, count in asked.counts) <= STATEMENTS


def test_the_purchase_of_a_session_asks_for_its_participants_too(visitor, asked):
    course = CourseFactory(capacity=100)
    EntryFactory(code="SESSION", handler="std_setuponecoursesession", parameters={"coursename": course.short_name})
    freeze_seller(seller=complete_seller())
    begin_series()

    asked("/e/SESSION/")
    asked("/e/SESSION/", {"quantity": 3})
    line = cart_of(visitor).lines.get()
    asked("/cart/", {f"quantity-{line.pk}": 3, "continue": "1"})
    typed = {"role": "student", "first_name": "Jo", "last_name": "Petit"}
    people = {
        f"unit-{line.pk}-{index}-{name}": value
        for index in range(3)
        for name, value in (typed | {"email": f"p{index}@example.org"}).items()
    }
    asked("/checkout/units/", {"line": line.pk, "quantity": 3, "next": "1"} | people)
    review = asked("/checkout/details/", VISITOR_DETAILS)
    order = asked("/checkout/review/", review_form(review.context)).context["order"]
    asked(f"/orders/{order.token}/pay/", {"method": "sandbox"})
    paid = asked(f"/payments/sandbox/pay/{order.token}/", {"choice": "succeed"})

    assert paid.context["order"].status == "paid"
    assert len(asked.counts) == REQUESTS + 2
    counts = dict(asked.counts)
    assert counts["POST /checkout/units/"] <= TYPING_UNITS
    assert counts["POST /checkout/review/"] <= ORDERING_A_SESSION
    assert sum(count for _address, count in asked.counts) <= STATEMENTS_OF_A_SESSION

"""One person confirms money of two orders at the same moment: the limit of a second person counts both."""

from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.second_person import services
from accounts.second_person.models import ActAlone
from shop.orders.second_person import confirm_or_ask
from tests.factories.accounts import UserFactory
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place
from tests.rivals.processes import errors_among, race

# Both have looked at what the person did lately; committing comes next.
HAVE_LOOKED = [(services, "_is_beyond")]


@pytest.fixture
def both(settings):
    """Return two confirmations of 120.00 each, of which the limit allows one."""
    settings.SECOND_PERSON_CONFIRM_ABOVE = Decimal(120)
    actor = UserFactory(is_staff=True)
    # Each order is of 120.00.
    orders = [place(make_cart(EntryFactory()), email=f"buyer{number}@example.org") for number in range(2)]

    def confirm(order):
        _outcome, kept = confirm_or_ask(
            order_id=order.pk,
            amount=order.gross,
            reference="statement 7",
            is_what_arrived=False,
            actor=actor,
            now=timezone.now(),
        )
        return kept is not None

    return [lambda: confirm(orders[0]), lambda: confirm(orders[1])]


def test_one_of_two_waits_for_a_second_person(both):
    answers = race(*both, after=HAVE_LOOKED)

    assert errors_among(answers) == []
    assert sorted(answer.value for answer in answers) == [False, True]
    assert ActAlone.objects.count() == 1


def without_the_lock():
    services._lock_acts = lambda _kind, _actor: None


def test_control_without_the_lock_both_pass(both):
    answers = race(*both, after=HAVE_LOOKED, without=without_the_lock)

    assert [answer.value for answer in answers] == [False, False]

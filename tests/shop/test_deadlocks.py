"""A service that Postgres made a deadlock's victim runs again as a whole."""

from unittest.mock import Mock, patch

import pytest
from django.db import OperationalError
from django.utils import timezone
from psycopg2.errors import DeadlockDetected

from shop.orders import places
from shop.orders.ending import cancel_order
from shop.payments.models import PaymentEvent
from tests.factories.shop import make_cart, pay, place

pytestmark = pytest.mark.django_db(transaction=True)


def test_late_money_is_taken_at_the_second_try(probe_entry):
    order = place(make_cart(probe_entry))
    cancel_order(order_id=order.pk, actor=None, now=timezone.now())
    victim = OperationalError()
    victim.__cause__ = DeadlockDetected()
    attempts = iter([Mock(side_effect=victim), places.lock_courses_of])
    with patch.object(places, "lock_courses_of", side_effect=lambda *given: next(attempts)(*given)) as locking:
        assert pay(order) == "settled"
    assert locking.call_count == 2
    assert PaymentEvent.objects.count() == 1

"""The customer's link and the note of staff at the same moment make one order."""

import pytest
from django.utils import timezone

from shop.checkout import place as place_module
from shop.checkout.place import Consent
from shop.orders.history.models import OrderEvent
from shop.orders.models import Order
from shop.phone_orders.services import accept_by_link, discard, note_acceptance, send_link
from tests.rivals.processes import Rival, errors_among, no_row_locks, race, values_among
from tests.shop.phone_orders.conftest import fresh, shown

pytestmark = pytest.mark.django_db(transaction=True)
CONSENT = Consent(terms_id=None)
ABOUT_TO_PLACE = [(place_module, "_new_order")]


def rivals(row, seller):
    send_link(phone_order=row, now=timezone.now())
    seen, now = shown(row), timezone.now()
    by_link = Rival(
        lambda: accept_by_link(token=row.token, shown=seen, consent=CONSENT, now=now).pk, before=ABOUT_TO_PLACE
    )
    by_note = Rival(
        lambda: note_acceptance(
            phone_order_id=row.pk, how="téléphone", on=timezone.localdate(), shown=seen, consent=CONSENT,
            actor=seller, now=now,
        ).pk,
        before=ABOUT_TO_PLACE,
    )  # fmt: skip
    return by_link, by_note


@pytest.mark.parametrize("first", ["link", "note"])
def test_twice_each_makes_one_order(entered, seller, first):
    by_link, by_note = rivals(entered, seller)
    works = [by_link, by_note, by_link, by_note] if first == "link" else [by_note, by_link, by_note, by_link]
    answers = race(*works)
    assert errors_among(answers) == []
    assert len(set(values_among(answers))) == 1
    order = Order.objects.get()
    row = fresh(entered)
    assert row.order_id == order.pk
    noted = order.events.get(what=OrderEvent.What.PLACED).actor == seller
    assert (row.noted_by_id == seller.pk) is noted


def test_discarding_while_it_is_accepted(entered, seller):
    by_link, _by_note = rivals(entered, seller)
    accepted, discarded = race(by_link, lambda: discard(phone_order=entered), in_turn=True)
    assert (accepted.error, discarded.error) == ("", "AlreadyPlaced")
    assert fresh(entered).order_id == accepted.value


def test_without_the_locks_it_would_go_wrong(entered, seller):
    by_link, by_note = rivals(entered, seller)
    assert errors_among(race(by_link, by_note, without=no_row_locks)) != []

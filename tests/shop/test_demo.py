"""The demo data: loaded whole, once, and delivered."""

import pytest
from django.core.management import call_command

from catalog.models import Entry
from catalog.services.checks import check_entry
from enrolments.models import Seat
from handlers.contract import Level
from handlers.registry import installed
from outbox.models import Job
from shop.demo.people import DEMO_PEOPLE
from shop.models import Order, OrderLine

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_shows_orders_in_every_state_and_is_loaded_once():
    call_command("seed_demo", verbosity=0)
    orders = Order.objects.count()
    call_command("seed_demo", verbosity=0)

    assert Order.objects.count() == orders
    assert set(Order.objects.values_list("status", flat=True)) == {"placed", "paid", "completed"}
    assert OrderLine.objects.get(status="failed").entry_code == "ELEC-BR-SESSION"
    assert Seat.objects.filter(state="available").count() == 12 + 10 + 1
    assert Seat.objects.filter(state="assigned").count() == 4
    assert not Job.objects.filter(state="dead").exists()
    assert len(DEMO_PEOPLE) >= 4


def test_it_sells_something_of_every_handler_that_ships_with_the_shop():
    call_command("seed_demo", verbosity=0)

    sold = set(Entry.objects.exclude(handler="").values_list("handler", flat=True))
    assert sold == {"specific" if found.specific else found.handler.name for found in installed()}
    webinar = Entry.objects.get(handler="specific")
    assert webinar.code == "WEBINAIRE-ACCUEIL"
    assert [str(found.message) for found in check_entry(webinar) if found.level is not Level.INFO] == []

"""At the same moment.

A merchant edits an entry while a customer presses the button: what is ordered is what was shown, or nothing.
"""

from decimal import Decimal

import pytest
from django.utils import timezone

from catalog.models.entries import Entry
from catalog.services import entries
from catalog.services.entries import save_entry
from shop.checkout import place as place_module
from shop.orders.lines.models import OrderLine
from shop.orders.models import Order
from tests.factories.catalog import EntryFactory
from tests.factories.shop import make_cart, place, shown_now
from tests.rivals.processes import Rival, errors_among, race

BEFORE_PRICING = [(place_module, "price_cart")]
AFTER_PRICING = [(place_module, "price_cart")]
BEFORE_SAVING = [(entries, "_write")]

# The price; the delivery at an unchanged price; the entry's code.
EDITS = {
    "price": {"tiers": {1: Decimal("150.00")}},
    "parameters": {"parameters": {"packsize": 1}},
    "code": {"code": "ANOTHER"},
}


def pack(code="PACK"):
    return EntryFactory(code=code, handler="std_generateseats", parameters={"packsize": 5})


def buying(entry, **pauses):
    cart = make_cart(entry)
    email = f"buyer{cart.pk}@example.org"
    shown = shown_now(cart, email=email)
    return Rival(lambda: place(cart, shown=shown, email=email).pk, **pauses)


def editing(entry, edit, **pauses):
    def edits():
        mine, changes = Entry.objects.get(pk=entry.pk), dict(EDITS[edit])
        tiers = changes.pop("tiers", None)
        for name, value in changes.items():
            setattr(mine, name, value)
        return save_entry(entry=mine, expected_version=mine.version, now=timezone.now(), tiers=tiers).version

    return Rival(edits, **pauses)


def as_shown(line):
    return (line.unit_net, line.parameters["packsize"]) == (Decimal("100.00"), 5)


@pytest.mark.parametrize("edit", ["price", "parameters"])
def test_what_was_edited_just_before_it_is_priced_is_shown_again(trial, edit):
    entry = pack()

    bought, edited = race(buying(entry, before=BEFORE_PRICING), editing(entry, edit), in_turn=True)

    assert (bought.error, edited.value) == ("TotalChanged", 2)
    assert not Order.objects.exists()
    trial.note("orders refused, to be looked at again", 1)


@pytest.mark.parametrize("edit", ["price", "parameters"])
def test_what_is_edited_once_it_is_priced_is_ordered_as_it_was_shown(trial, edit):
    entry = pack()

    bought, edited = race(buying(entry, after=AFTER_PRICING), editing(entry, edit), in_turn=True)

    assert (bought.error, edited.value) == ("", 2)
    assert as_shown(OrderLine.objects.get())
    trial.note("orders of what was shown", 1)


def test_a_code_is_not_changed_under_an_order_that_is_just_being_placed(trial):
    entry = pack()

    bought, edited = race(buying(entry, after=AFTER_PRICING), editing(entry, "code"), in_turn=True)

    assert (bought.error, edited.error) == ("", "CodeFixed")
    assert OrderLine.objects.get().entry_code == Entry.objects.get().code == "PACK"
    trial.note("changes of a code refused", 1)


def test_edited_and_bought_by_many_at_once_every_order_is_as_it_was_shown(trial):
    rounds, buyers = trial.size(2, 16), trial.size(3, 6)
    ordered = refused = 0
    for number in range(rounds):
        entry = pack(f"PACK-{number}")
        edits = [editing(entry, "price"), editing(entry, "parameters")]
        # Alternately in step, and without pauses.
        step = [*BEFORE_PRICING, *BEFORE_SAVING] if number % 2 == 0 else []
        bought = race(*(buying(entry) for _buyer in range(buyers)), *edits, before=step)[:buyers]
        assert set(errors_among(bought)) <= {"TotalChanged"}
        assert all(as_shown(line) for line in OrderLine.objects.filter(entry=entry))
        ordered += sum(not answer.error for answer in bought)
        refused += sum(bool(answer.error) for answer in bought)
    assert Order.objects.count() == ordered
    trial.note("orders placed while their entry is edited", rounds * buyers)
    trial.note("placed as shown", ordered)
    trial.note("refused, to be looked at again", refused)


def without_comparing():
    """Take the guard away: any content shown counts as the content sold."""
    place_module.Shown.__eq__ = lambda self, other: True


@pytest.mark.parametrize("edit", ["price", "parameters"])
def test_control_without_comparing_another_thing_is_sold_than_was_shown(edit):
    entry = pack()

    bought, _edited = race(
        buying(entry, before=BEFORE_PRICING), editing(entry, edit), in_turn=True, without=without_comparing
    )

    assert bought.error == ""
    assert not as_shown(OrderLine.objects.get())


def without_the_pin():
    place_module.pin_entries = lambda _entry_ids: None


def test_control_without_the_pin_an_order_knows_its_entry_by_a_code_that_is_gone():
    entry = pack()

    bought, edited = race(
        buying(entry, after=AFTER_PRICING), editing(entry, "code"), in_turn=True, without=without_the_pin
    )

    assert (bought.error, edited.value) == ("", 2)
    assert (OrderLine.objects.get().entry_code, Entry.objects.get().code) == ("PACK", "ANOTHER")

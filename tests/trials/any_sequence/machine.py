"""The whole machine: everything that can happen to a shop."""

from __future__ import annotations

from tests.trials.any_sequence.beginning import Beginning
from tests.trials.any_sequence.desk import Desk
from tests.trials.any_sequence.merchant import Merchant
from tests.trials.any_sequence.orders import Orders
from tests.trials.any_sequence.seats import Seats


class AnySequence(Beginning, Orders, Seats, Desk, Merchant):
    """All steps in one machine; carts, money and deliveries come with the beginning."""

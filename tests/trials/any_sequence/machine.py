"""The whole machine: everything that can happen to a shop."""

from __future__ import annotations

from tests.trials.any_sequence.beginning import Beginning
from tests.trials.any_sequence.desk import Desk
from tests.trials.any_sequence.extensions import Extensions
from tests.trials.any_sequence.gifts import Gifts
from tests.trials.any_sequence.merchant import Merchant
from tests.trials.any_sequence.orders import Orders
from tests.trials.any_sequence.seats import Seats
from tests.trials.any_sequence.waiting import Waiting


class AnySequence(Beginning, Orders, Seats, Desk, Extensions, Gifts, Waiting, Merchant):
    """All steps in one machine; carts, money and deliveries come with the beginning."""

"""The client of these tests is a merchant's browser."""

from tests.shop.merchants import client as client
from tests.shop.merchants import merchant as merchant
from tests.shop.merchants import new_order as new_order
from tests.shop.merchants import order as order
from tests.shop.probes import diary as diary
from tests.shop.probes import probe_entry as probe_entry

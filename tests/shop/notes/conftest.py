"""Fixtures of the notes: a merchant with a browser, and an order."""

from tests.shop.merchants import client as client
from tests.shop.merchants import merchant as merchant
from tests.shop.merchants import order as order

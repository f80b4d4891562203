"""Fixtures of every test of the shop: probes in place of handlers, and a visitor's browser."""

from tests.shop.probes import diary as diary
from tests.shop.probes import probe_entry as probe_entry
from tests.shop.visitors import entry as entry
from tests.shop.visitors import entry_with_forms as entry_with_forms
from tests.shop.visitors import terms as terms
from tests.shop.visitors import visitor as visitor

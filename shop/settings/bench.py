"""Benchmarks: production with the sandbox provider."""

from shop.settings.base import *
from shop.settings.environment import refuse_incomplete

refuse_incomplete(debug=DEBUG)

# One machine buys more in a minute than a visitor may in an hour.
RATE_LIMITS = {}

PAYMENT_PROVIDERS = ("shop.providers.sandbox", *PAYMENT_PROVIDERS)

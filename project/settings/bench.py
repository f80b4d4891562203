"""Benchmarks: production with the sandbox provider, and pages to compare with (`bench/`)."""

from project.settings.production import *

# One machine buys more in a minute than a visitor may in an hour.
RATE_LIMITS = {}

PAYMENT_PROVIDERS = ("sandbox", "transfer", "free")
IMAGINARY_MONEY = True
ROOT_URLCONF = "bench.urls"
STATIC_ROOT = env.str("STATIC_FOLDER", default=str(STATIC_ROOT))

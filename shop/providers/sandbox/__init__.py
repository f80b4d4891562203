"""A card provider that takes no money: for development, tests and benchmarks, and never installed elsewhere."""

from shop.providers.sandbox import jobs as jobs
from shop.providers.sandbox.provider import provider

__all__ = ["provider"]

"""Card provider that takes no money: for development, tests and benchmarks, never installed elsewhere."""

from shop.payments.providers.sandbox.provider import provider

__all__ = ["provider"]

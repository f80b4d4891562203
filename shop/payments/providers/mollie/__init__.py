"""Payments by Mollie, by its own library, which is imported at the first call."""

from shop.payments.providers.mollie.provider import provider

__all__ = ["provider"]

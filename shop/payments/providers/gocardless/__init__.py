"""SEPA direct debits by GoCardless, by its own library, which is imported at the first call."""

from shop.payments.providers.gocardless.provider import provider

__all__ = ["provider"]

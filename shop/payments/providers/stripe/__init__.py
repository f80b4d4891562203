"""Cards by Stripe Checkout, by its official library, which is imported at the first call."""

from shop.payments.providers.stripe.provider import provider

__all__ = ["provider"]

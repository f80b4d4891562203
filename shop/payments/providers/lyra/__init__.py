"""Cards by the platforms of Lyra: PayZen, Sogecommerce, SystemPay, Scellius. One adapter, other addresses and keys."""

from shop.payments.providers.lyra.provider import provider

__all__ = ["provider"]

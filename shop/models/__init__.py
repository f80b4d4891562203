from shop.models.cart import Cart, CartLine, CartUnit
from shop.models.identity import LegalText, ShopIdentity, unpaid_time
from shop.models.orders import LineFeedback, Order, OrderEvent, OrderLine, OrderUnit, in_reader_language
from shop.models.payments import MoneyHandling, Payment, PaymentEvent, Settlement

__all__ = [
    "Cart",
    "CartLine",
    "CartUnit",
    "LegalText",
    "LineFeedback",
    "MoneyHandling",
    "Order",
    "OrderEvent",
    "OrderLine",
    "OrderUnit",
    "Payment",
    "PaymentEvent",
    "Settlement",
    "ShopIdentity",
    "in_reader_language",
    "unpaid_time",
]

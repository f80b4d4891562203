"""The merchant's pages for orders, money and the shop's own identity."""

from shop.admin.identity import ShopIdentityAdmin
from shop.admin.legal import LegalTextAdmin
from shop.admin.orders.admin import OrderAdmin
from shop.admin.payments import PaymentAdmin, PaymentEventAdmin
from shop.admin.trial import trial_page

__all__ = ["LegalTextAdmin", "OrderAdmin", "PaymentAdmin", "PaymentEventAdmin", "ShopIdentityAdmin", "trial_page"]

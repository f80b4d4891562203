"""Pages on which staff enter an order for a customer."""

from shop.phone_orders.admin import admin as admin

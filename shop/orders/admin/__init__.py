"""Orders in the admin: the list, the page of one order, and what a merchant may do with it."""

from shop.orders.admin import admin  # noqa: F401  importing registers the pages

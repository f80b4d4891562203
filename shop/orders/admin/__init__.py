"""Orders in the admin: the list, the page of one order, and the actions of a merchant on it."""

from shop.orders.admin import admin  # noqa: F401  importing registers the pages

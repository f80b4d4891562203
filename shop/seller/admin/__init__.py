"""The merchant's pages about who sells, and on which terms."""

from shop.seller.admin import legal_texts, seller  # noqa: F401  importing registers the pages

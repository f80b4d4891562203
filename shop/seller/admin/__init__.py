"""Admin pages of the seller and the legal texts."""

from shop.seller.admin import legal_texts, seller  # noqa: F401  importing registers the pages

"""The catalogue: categories, entries, price tiers and taxes, and the merchant's forms for them."""

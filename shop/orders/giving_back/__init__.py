"""Giving back of units of a paid order by the merchant, with the amounts owed for them."""

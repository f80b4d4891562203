"""Pages from the cart to the order: units, your details, review."""

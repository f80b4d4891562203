"""The way from a cart to an order: units, your details, review."""

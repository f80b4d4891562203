"""Units of a paid order that the merchant takes back, with what goes back for them."""

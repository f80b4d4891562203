"""Shop: the seller, the pages, the cart, the checkout, orders and payments, in one room each."""

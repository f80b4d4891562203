"""History of orders, only ever added to."""

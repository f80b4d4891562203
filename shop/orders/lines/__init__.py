"""Lines of orders: entries as sold, their units, and what handlers said of them."""

"""The shop: what is sold is bought, paid and delivered. A room for each thing."""

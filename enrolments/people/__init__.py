"""People whom a customer account looks after, for its operators."""

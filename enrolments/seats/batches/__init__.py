"""Seats of one order line together, with the terms they were sold on."""

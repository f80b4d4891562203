"""Copies of names and addresses in orders: who may read them, how long they are needed, and how they go."""

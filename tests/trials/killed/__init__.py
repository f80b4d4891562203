"""A shop whose every process may be killed, and what must be true of it afterwards."""

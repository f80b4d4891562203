"""A shop whose every process may be killed, and the checks of its rows afterwards."""

"""History of seats: each move, for ever."""

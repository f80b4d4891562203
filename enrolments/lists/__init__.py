"""Lists of people that an operator places on free seats, many at once."""

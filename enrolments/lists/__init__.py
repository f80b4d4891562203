"""Lists of people, pasted or uploaded, to be placed at once."""

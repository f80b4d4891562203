"""A believable training organisation, so that every page of a new shop has something to show."""

"""Demo data: a believable training organisation, so that every page of a new shop has contents."""

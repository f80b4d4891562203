"""Credit notes: what was invoiced and is given back, and documents that were wrong."""

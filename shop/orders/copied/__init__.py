"""What orders copy of people: who may read it, how long it is needed, and how it goes."""

"""Trials of an update: the last release and this one sell on one database, before, while and after it is migrated."""

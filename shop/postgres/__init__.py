"""Postgres as Django's engine, with a cheaper look at whether a connection still lives (`ENGINE = "shop.postgres"`)."""

"""Real Postgres and Redis as our own child processes, for development and the tests.

Nothing here is used in production, where the environment names the servers.
"""

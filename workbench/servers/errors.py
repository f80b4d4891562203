"""What can go wrong with embedded servers, in words for the person at the terminal."""


class ServerError(Exception):
    """A server cannot be started. The message says what to do."""


class AlreadyRunning(ServerError):
    """Another process holds the data folder."""

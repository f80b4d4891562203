"""Errors of embedded servers, in words for the person at the terminal."""


class ServerError(Exception):
    """A server cannot be started. The message names the remedy."""


class AlreadyRunning(ServerError):
    """Another process holds the data folder."""

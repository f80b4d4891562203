"""The port of the web server, taken before any program is started."""

import errno
import socket

from workbench.servers.errors import ServerError

HOST = "127.0.0.1"
BACKLOG = 128


def listen(port: int) -> socket.socket:
    """Return a listening socket on the loopback address; port 0 takes a free one. Raises ServerError.

    Browsers that come early wait in its queue until the web server is there.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ServerError(
                f"Port {port} is in use. Stop what uses it, or choose another: make run PORT=8001"
            ) from None
        raise ServerError(f"Port {port} cannot be used: {error.strerror}.") from error
    return listener

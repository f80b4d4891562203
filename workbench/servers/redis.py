"""An embedded Redis, for the doorbell only: it keeps nothing on disk."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from workbench.servers.addresses import Addresses
from workbench.servers.binaries import redis_binary
from workbench.servers.process import Child, Program
from workbench.servers.run_as import ServerUser

READY_WITHIN_SECONDS = 60


@contextmanager
def running_redis(addresses: Addresses, *, server_user: ServerUser, lock: int) -> Iterator[Child]:
    """Run Redis on its Unix socket for the length of the block, which begins when Redis answers. Raises ServerError."""
    addresses.redis_socket.unlink(missing_ok=True)  # stale: we hold the lock
    settings = {
        "port": "0",
        "unixsocket": str(addresses.redis_socket),
        "unixsocketperm": "700",
        "databases": "64",
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
    }
    program = Program(
        name="Redis",
        command=[redis_binary(), *(part for name, value in settings.items() for part in (f"--{name}", value))],
        folder=addresses.data,
        server_user=server_user,
        log=addresses.data / "redis.log",
        inherited_files=[lock],
        stop_signal=signal.SIGTERM,
        death_signal=signal.SIGTERM,
    )
    with program.running() as child:
        child.wait_until(lambda: _answers(addresses), seconds=READY_WITHIN_SECONDS)
        yield child


def _answers(addresses: Addresses) -> bool:
    client = redis.Redis(unix_socket_path=str(addresses.redis_socket), socket_timeout=1)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()

"""Both servers together, from the first file to the last process."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from workbench.servers.addresses import Addresses
from workbench.servers.binaries import postgres_binaries, redis_binary
from workbench.servers.errors import ServerError
from workbench.servers.lock import sole_owner
from workbench.servers.postgres import running_postgres
from workbench.servers.process import Child
from workbench.servers.redis import running_redis
from workbench.servers.run_as import ServerUser, user_for


@contextmanager
def embedded_servers(
    addresses: Addresses, *, with_postgres: bool = True, with_redis: bool = True, is_throwaway: bool = False
) -> Iterator[list[Child]]:
    """Run the servers for the length of the block; afterwards, or when we die, neither is left.

    Yields the servers started. Raises AlreadyRunning when another process uses the data folder, ServerError when one
    cannot start. `is_throwaway` trades safety for speed: the data are lost with the machine.
    """
    with ExitStack() as stack:
        _make_folder(addresses.data)
        lock = stack.enter_context(sole_owner(addresses.data))
        binaries = [*([postgres_binaries()] if with_postgres else []), *([redis_binary()] if with_redis else [])]
        server_user = user_for(*binaries, cluster=addresses.data / "postgres")
        _prepare_folders(addresses, server_user)
        if addresses.sockets.parent != addresses.data:
            stack.callback(shutil.rmtree, addresses.sockets, ignore_errors=True)
        children = []
        if with_postgres:
            postgres = running_postgres(addresses, server_user=server_user, lock=lock, is_throwaway=is_throwaway)
            children.append(stack.enter_context(postgres))
        if with_redis:
            children.append(stack.enter_context(running_redis(addresses, server_user=server_user, lock=lock)))
        yield children


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ServerError(f"{folder} cannot be made: {error.strerror}.") from error


def _prepare_folders(addresses: Addresses, server_user: ServerUser) -> None:
    server_user.own(addresses.data)
    sockets = addresses.sockets
    try:
        sockets.mkdir(mode=0o700)
    except FileExistsError:
        # A folder in the machine's temporary folder may be another user's trap.
        if sockets.is_symlink() or sockets.stat().st_uid not in (os.geteuid(), server_user.uid):
            raise ServerError(f"{sockets} belongs to somebody else; remove it.") from None
    sockets.chmod(0o700)
    server_user.own(sockets)

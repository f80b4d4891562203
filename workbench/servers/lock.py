"""The lock of a data folder, which gives the folder one owner."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.servers.errors import AlreadyRunning, ServerError

# A killed owner takes a moment to vanish, and a server without its parent needs one to write its last page.
PATIENCE_WITH_OWNER_SECONDS = 1.0
PATIENCE_WITH_SERVERS_SECONDS = 10.0


@contextmanager
def sole_owner(folder: Path) -> Iterator[int]:
    """Hold the folder's lock and yield its file descriptor. Raises AlreadyRunning.

    The servers inherit the descriptor, so the lock lasts until the last of them is gone even when we are killed: with
    the lock held, lock files and process numbers found in the folder are stale.
    """
    try:
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except PermissionError as error:
        raise ServerError(
            f"{folder} belongs to another user, it was probably made by root. Remove it or run as that user."
        ) from error
    try:
        _acquire(descriptor, folder)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, folder: Path) -> None:
    started = time.monotonic()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            patience = PATIENCE_WITH_OWNER_SECONDS if _is_alive(owner) else PATIENCE_WITH_SERVERS_SECONDS
            if time.monotonic() - started > patience:
                raise AlreadyRunning(
                    f"Amphi is already running in this folder (process {owner or 'unknown'} holds {folder}). "
                    "Stop it first, or use another clone."
                ) from None
            time.sleep(0.1)
        else:
            return


def _is_alive(process_number: str) -> bool:
    """Tell whether such a process runs; not one that ended and was not yet collected by its parent."""
    if not process_number.isdigit():
        return False
    try:
        status = Path(f"/proc/{process_number}/stat").read_text()
    except OSError:
        return False
    state = status.rpartition(")")[2].split()[0]
    return state not in ("Z", "X")

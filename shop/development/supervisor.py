"""Watches over children: starts again what ends by itself, and ends everything when that does not help."""

import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from shop.servers.errors import ServerError
from shop.servers.process import Child

LOOK_EVERY_SECONDS = 0.2
MOST_RESTARTS = 5
WITHIN_SECONDS = 60.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """Somebody asked us to end. Not an Exception: nothing on the way may swallow it."""


@contextmanager
def stopping_on_signals() -> Iterator[None]:
    """Within the block the first Ctrl-C, SIGTERM or SIGHUP raises StopRequested; later ones change nothing.

    A shell and make may each send their own: the second must not interrupt the clearing up.
    """

    def request_stop(number: int, frame: FrameType | None) -> None:
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        raise StopRequested

    previous = {each: signal.signal(each, request_stop) for each in STOP_SIGNALS}
    try:
        yield
    finally:
        for each, handler in previous.items():
            signal.signal(each, handler)


def watch(children: Sequence[Child], say: Callable[[str], None]) -> None:
    """Returns never. Starts a child again when it ends; raises ServerError when one keeps ending."""
    restarts: dict[str, list[float]] = defaultdict(list)
    while True:
        time.sleep(LOOK_EVERY_SECONDS)
        for child in children:
            if child.is_running:
                continue
            now = time.monotonic()
            recent = [at for at in restarts[child.program.name] if now - at < WITHIN_SECONDS]
            if len(recent) >= MOST_RESTARTS:
                raise ServerError(
                    f"{child.program.name} ended {MOST_RESTARTS + 1} times within a minute, "
                    f"the last time {ending(child)}. Stopping everything.{child.last_words()}"
                )
            say(f"{child.program.name} ended by itself ({ending(child)}) and is started again.")
            time.sleep(len(recent))
            child.restart()
            restarts[child.program.name] = [*recent, now]


def stop_all(children: Sequence[Child]) -> None:
    """Asks all of them at once, then waits for each."""
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop()


def ending(child: Child) -> str:
    status = child.exit_status
    if status is not None and status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"with status {status}"

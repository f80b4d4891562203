"""Watches over children: starts again what ends by itself, and ends everything when that does not help."""

import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from workbench.servers.errors import ServerError
from workbench.servers.process import STOP_SIGNALS, Child

LOOK_EVERY_SECONDS = 0.2
MOST_RESTARTS = 5
WITHIN_SECONDS = 60.0


class StopRequested(BaseException):
    """Somebody asked us to end. Not an Exception: nothing on the way may swallow it."""


class StopRequest:
    """Remembers that a signal came. Python drops what a signal raises within a destructor or a callback of C;
    whoever goes on for long asks here now and then."""

    def __init__(self) -> None:
        self.is_made = False

    def obey(self) -> None:
        """Raises StopRequested if a signal came."""
        if self.is_made:
            raise StopRequested

    def receive(self, number: int, frame: FrameType | None) -> None:
        """The first signal raises; a shell and make may each send their own, which must not disturb the clearing up."""
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        self.is_made = True
        raise StopRequested


@contextmanager
def stopping_on_signals() -> Iterator[StopRequest]:
    """Within the block Ctrl-C, SIGTERM and SIGHUP raise StopRequested, once."""
    request = StopRequest()
    previous = {each: signal.signal(each, request.receive) for each in STOP_SIGNALS}
    try:
        yield request
    finally:
        for each, handler in previous.items():
            signal.signal(each, handler)


def watch(children: Sequence[Child], request: StopRequest, say: Callable[[str], None]) -> None:
    """Returns never. Starts a child again when it ends. Raises ServerError when one keeps ending, StopRequested."""
    restarts: dict[str, list[float]] = defaultdict(list)
    while True:
        time.sleep(LOOK_EVERY_SECONDS)
        request.obey()
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

"""Supervision of children: one that ends by itself is started again; when that does not help, all are ended."""

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
    """A signal asked us to end. Not an Exception: no handler on the way may swallow it."""


class StopRequest:
    """Memory of a signal that came. Python drops errors that a signal raises within a destructor or a callback of C; a
    long loop calls `obey` now and then."""

    def __init__(self) -> None:
        self.is_made = False

    def obey(self) -> None:
        """Raise StopRequested if a signal came."""
        if self.is_made:
            raise StopRequested

    def receive(self, number: int, frame: FrameType | None) -> None:
        """Raise StopRequested at the first signal and ignore the others: a shell and make may each send their own,
        which must not disturb the clearing up."""
        for each in STOP_SIGNALS:
            signal.signal(each, signal.SIG_IGN)
        self.is_made = True
        raise StopRequested


@contextmanager
def stopping_on_signals() -> Iterator[StopRequest]:
    """Raise StopRequested within the block on Ctrl-C, SIGTERM or SIGHUP, once."""
    request = StopRequest()
    previous = {each: signal.signal(each, request.receive) for each in STOP_SIGNALS}
    try:
        yield request
    finally:
        for each, handler in previous.items():
            signal.signal(each, handler)


def watch(children: Sequence[Child], request: StopRequest, say: Callable[[str], None]) -> None:
    """Watch the children for ever, and start again each that ends. Raises ServerError when one keeps ending,
    StopRequested."""
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
    """Ask all children to stop at once, then wait for each."""
    for child in children:
        child.ask_to_stop()
    for child in children:
        child.stop()


def ending(child: Child) -> str:
    status = child.exit_status
    if status is not None and status < 0:
        return f"killed by {signal.Signals(-status).name}"
    return f"with status {status}"

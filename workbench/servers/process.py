"""A child process that cannot outlive us."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workbench.servers.errors import ServerError
from workbench.servers.run_as import ServerUser, die_with_parent

POLL_SECONDS = 0.02
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stop_signals_held() -> Iterator[None]:
    """Hold back a request to stop that comes within the block, until its end.

    The block starts a child and stores it where it will be found again: between the two, a request would leave a child
    that nobody stops.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@dataclass(frozen=True)
class Program:
    """A program: its command, and the signals that end it.

    `stop_signal` asks the program to end in good order; after `patience` seconds the program is killed. The kernel
    sends `death_signal` when we die ourselves, and that signal alone must end the program.
    """

    name: str
    command: Sequence[str | Path]
    folder: Path
    environment: Mapping[str, str] | None = None
    server_user: ServerUser | None = None
    log: Path | None = None
    inherited_files: Sequence[int] = ()
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    patience: float = 5.0

    def start(self) -> "Child":
        """Start the program in a session of its own, so that Ctrl-C in our terminal reaches us alone.

        Call from the main thread: the kernel ties a child's life to the thread that made it.
        """
        output = open(self.log, "ab") if self.log else None  # noqa: SIM115 - closed below, the child keeps its own
        try:
            process = subprocess.Popen(
                [os.fspath(part) for part in self.command],
                cwd=self.folder,
                env=None if self.environment is None else dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                pass_fds=self.inherited_files,
                start_new_session=True,
                preexec_fn=_before_exec(self, os.getpid()),
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise ServerError(f"{self.name} cannot be started: {error}") from error
        finally:
            if output:
                output.close()
        return Child(self, process)

    @contextmanager
    def running(self) -> "Iterator[Child]":
        """Run the program for the length of the block."""
        child = None
        try:
            with stop_signals_held():
                child = self.start()
            yield child
        finally:
            if child is not None:
                child.stop()


@dataclass
class Child:
    """A running program."""

    program: Program
    process: subprocess.Popen

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def exit_status(self) -> int | None:
        """None while the child runs, then its exit code, or the negative number of the signal that ended it.

        Reading does not reap the child: until `stop` its process number and its group's cannot belong to another
        process.
        """
        if self.process.returncode is not None:
            return self.process.returncode
        found = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        if found is None:
            return None
        return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status

    @property
    def is_running(self) -> bool:
        return self.exit_status is None

    def ask_to_stop(self) -> None:
        if self.is_running:
            os.kill(self.pid, self.program.stop_signal)

    def stop(self) -> None:
        """End the child and all that is left of its session. Returns when nothing is left; harmless when repeated."""
        if self.process.returncode is not None:
            return
        self.ask_to_stop()
        deadline = time.monotonic() + self.program.patience
        while self.is_running and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def restart(self) -> None:
        """Start the program anew after its end; remove first all that is left of its session."""
        self.stop()
        with stop_signals_held():
            self.process = self.program.start().process

    def wait_until(self, is_ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until the child is ready. Raises ServerError with the end of its log when the child ends or is not ready
        in time."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            if not self.is_running:
                raise ServerError(f"{self.program.name} ended at once (status {self.exit_status}).{self.last_words()}")
            if time.monotonic() > deadline:
                raise ServerError(f"{self.program.name} was not ready after {seconds:.0f} s.{self.last_words()}")
            time.sleep(POLL_SECONDS)

    def last_words(self) -> str:
        if not self.program.log or not self.program.log.exists():
            return ""
        lines = self.program.log.read_text(errors="replace").splitlines()[-8:]
        return "\n" + "\n".join(f"  {line}" for line in lines) if lines else ""


def _before_exec(program: Program, parent: int) -> Callable[[], None]:
    def prepare() -> None:
        if program.server_user:
            program.server_user.assume()
        # A child inherits ignored signals (a shell's background jobs ignore Ctrl-C and SIGQUIT) until it sets handlers,
        # and blocked signals for good.
        for number in {program.stop_signal, program.death_signal} - {signal.SIGKILL}:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        die_with_parent(program.death_signal)
        if os.getppid() != parent:  # we died between fork and the line above
            os._exit(1)

    return prepare

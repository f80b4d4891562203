"""A request to stop is obeyed, once, even where Python drops what a signal raises."""

import os
import signal

import pytest

from shop.development.supervisor import StopRequested, ending, stopping_on_signals, watch
from shop.servers.errors import ServerError
from shop.servers.process import Program
from tests.servers import PROJECT


class Unraisable:
    """Its destructor runs while the signal is delivered: whatever is raised there is dropped."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


def test_a_signal_ends_the_block_and_a_second_one_does_not_disturb_the_clearing_up():
    steps = []

    with stopping_on_signals():
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except StopRequested:
            os.kill(os.getpid(), signal.SIGTERM)
            steps.append("cleared up")

    assert steps == ["cleared up"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_request_dropped_on_the_way_is_obeyed_at_the_next_look():
    with stopping_on_signals() as request:
        thing = Unraisable()
        del thing

        with pytest.raises(StopRequested):
            watch([], request, print)


def test_what_keeps_ending_stops_everything(monkeypatch):
    monkeypatch.setattr("shop.development.supervisor.time.sleep", lambda seconds: None)
    child = Program(name="broken", command=["/bin/false"], folder=PROJECT).start()
    said = []

    with stopping_on_signals() as request, pytest.raises(ServerError, match="broken ended 6 times within a minute"):
        watch([child], request, said.append)

    child.stop()
    assert said == ["broken ended by itself (with status 1) and is started again."] * 5


def test_an_ending_is_told_in_words():
    child = Program(name="sleeper", command=["/bin/sleep", "60"], folder=PROJECT).start()

    os.kill(child.pid, signal.SIGKILL)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert ending(child) == "killed by SIGKILL"
    child.stop()


def test_signals_that_are_ignored_here_end_a_child_all_the_same():
    """A shell's background jobs ignore these, and what is ignored is inherited."""
    ignored = (signal.SIGINT, signal.SIGQUIT)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ignored}
    try:
        child = Program(
            name="sleeper",
            command=["/bin/sleep", "60"],
            folder=PROJECT,
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGQUIT,
        ).start()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    os.kill(child.pid, signal.SIGQUIT)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert ending(child) == "killed by SIGQUIT"
    child.stop()

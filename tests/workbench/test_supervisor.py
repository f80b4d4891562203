"""A request to stop is obeyed, once, even where Python drops an exception raised by a signal's handler."""

import os
import re
import signal
import subprocess
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from tests.servers import PROJECT
from workbench.servers.errors import ServerError
from workbench.servers.process import STOP_SIGNALS, Program, stop_signals_held
from workbench.stand_ins.serving import Answering, serving
from workbench.supervisor import StopRequested, ending, stopping_on_signals, watch

SLEEPER = Program(name="sleeper", command=["/bin/sleep", "60"], folder=PROJECT)


class Unraisable:
    """Object whose destructor runs while the signal is delivered, where Python drops exceptions."""

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
    monkeypatch.setattr("workbench.supervisor.time.sleep", lambda seconds: None)
    child = Program(name="broken", command=["/bin/false"], folder=PROJECT).start()
    said = []

    with stopping_on_signals() as request, pytest.raises(ServerError, match="broken ended 6 times within a minute"):
        watch([child], request, said.append)

    child.stop()
    assert said == ["broken ended by itself (with status 1) and is started again."] * 5


def test_an_ending_is_told_in_words():
    with SLEEPER.running() as child:
        os.kill(child.pid, signal.SIGKILL)
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

        assert ending(child) == "killed by SIGKILL"


def test_signals_that_are_ignored_here_end_a_child_all_the_same():
    """Background jobs of a shell ignore these signals, and children inherit that."""
    ignored = (signal.SIGINT, signal.SIGQUIT)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in ignored}
    try:
        child = replace(SLEEPER, stop_signal=signal.SIGINT, death_signal=signal.SIGQUIT).start()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

    os.kill(child.pid, signal.SIGQUIT)
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert ending(child) == "killed by SIGQUIT"
    child.stop()


def ask_to_stop_while_starting(monkeypatch) -> list[subprocess.Popen]:
    """Request a stop whenever a process has been made and is not registered yet; return the processes made."""
    made = []
    start = subprocess.Popen

    def start_and_ask(*arguments, **options):
        made.append(start(*arguments, **options))
        signal.raise_signal(signal.SIGINT)
        return made[-1]

    monkeypatch.setattr("workbench.servers.process.subprocess.Popen", start_and_ask)
    return made


def test_a_request_to_stop_leaves_no_child_behind_that_was_just_started(monkeypatch):
    made = ask_to_stop_while_starting(monkeypatch)

    with stopping_on_signals(), pytest.raises(StopRequested), SLEEPER.running():
        pytest.fail("begun all the same")

    assert [process.returncode for process in made] == [-signal.SIGTERM]


def test_a_child_that_is_started_again_is_known_before_a_request_to_stop_is_heard(monkeypatch):
    child = SLEEPER.start()
    made = ask_to_stop_while_starting(monkeypatch)

    with stopping_on_signals(), pytest.raises(StopRequested):
        child.restart()

    assert [process.pid for process in made] == [child.pid]
    child.stop()


def test_a_child_hears_the_signals_that_are_held_back_while_it_is_started():
    with stop_signals_held(), SLEEPER.running() as child:
        blocked = re.search(r"^SigBlk:\s*(\w+)", Path(f"/proc/{child.pid}/status").read_text(), re.MULTILINE)

    assert int(blocked[1], 16) == 0


def test_threads_of_a_stand_in_leave_the_signals_to_the_main_thread():
    seen = []

    class Looking(Answering):
        def do_GET(self) -> None:
            seen.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
            self.answer(200, "text/plain", b"")

    with serving(Looking) as address, urllib.request.urlopen(address):
        pass

    assert seen[0] >= set(STOP_SIGNALS)

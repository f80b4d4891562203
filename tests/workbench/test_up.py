"""`manage.py up`: one command up, one signal down, nothing left."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.patience import PATIENCE_SECONDS, wait_until
from tests.servers import PROJECT
from workbench.listener import listen
from workbench.servers.errors import ServerError

OURS = {
    "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY", "SITE_URL", "PORT", "PAYMENT_PROVIDERS",
    "STRIPE_SECRET_KEY", "LYRA_SITE_ID", "MOLLIE_API_KEY", "GOCARDLESS_ACCESS_TOKEN",
}  # fmt: skip

# By the name of a stand-in: the variable that tells the shop its address.
STAND_INS = {
    "Stripe": "STRIPE_API_BASE",
    "Lyra": "LYRA_API_URL",
    "Mollie": "MOLLIE_API_BASE",
    "GoCardless": "GOCARDLESS_API_BASE",
}


class RunningUp:
    """`manage.py up` in a data folder of its own, with its output so far."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.log = data / "up.log"
        self.process = start_up(data, self.log)

    def said(self) -> str:
        return self.log.read_text()

    def wait_for(self, pattern: str) -> re.Match:
        wait_until(lambda: re.search(pattern, self.said()) or self.process.poll() is not None, told=self.said)
        match = re.search(pattern, self.said())
        assert match, self.said()
        return match

    def stop(self, number: signal.Signals) -> int:
        """Send the signal, wait for the end of the process and return its exit status."""
        self.process.send_signal(number)
        wait_until(lambda: self.process.poll() is not None, told=self.said)
        return self.process.returncode

    def processes(self) -> list[int]:
        """Return all processes it started, which carry the data folder in their environment."""
        marker = f"AMPHI_DATA={self.data}".encode()
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            if marker in environment and int(entry.name) != self.process.pid:
                found.append(int(entry.name))
        return found

    def processes_called(self, part: bytes) -> list[int]:
        """Return the processes with this part in their command line; some end during the search."""
        found = []
        for process in self.processes():
            with suppress(OSError):
                if part in Path(f"/proc/{process}/cmdline").read_bytes():
                    found.append(process)
        return found

    def wait_until_gone(self) -> None:
        """Wait until no process started by it is left."""
        wait_until(lambda: not self.processes(), told=self.processes)


def start_up(data: Path, log: Path, port: int = 0) -> subprocess.Popen:
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    with open(log, "wb") as output:
        return subprocess.Popen(
            [sys.executable, "manage.py", "up", "--port", str(port)],
            cwd=PROJECT,
            env=environment | {"AMPHI_DATA": str(data)},
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """Make a data folder for all tests of this module, so that only the first start makes the demo data."""
    folder = Path(tempfile.mkdtemp(prefix="amphi-up-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def up(data: Path) -> Iterator[RunningUp]:
    running = RunningUp(data)
    yield running
    running.process.kill()
    running.process.wait()
    running.wait_until_gone()


# All in one group: the tests share a data folder, which has one owner at a time.
pytestmark = pytest.mark.xdist_group("up")


def test_it_answers_says_where_keeps_others_out_starts_a_killed_worker_again_and_ends_with_ctrl_c(up, data):
    address = up.wait_for(r"Amphi is ready: (http://127\.0\.0\.1:\d+)").group(1)
    with urllib.request.urlopen(f"{address}/readyz") as answer:
        assert answer.status == 200

    for name, variable in STAND_INS.items():
        stand_in = up.wait_for(rf"Stand-in for {name} at (http://127\.0\.0\.1:\d+)").group(1)
        with pytest.raises(urllib.error.HTTPError, match=r"40[04]|501"):
            urllib.request.urlopen(f"{stand_in}/pay/none")
        for program in (b"gunicorn", b"\0worker\0", b"\0beat\0"):
            for process in up.processes_called(program):
                assert f"{variable}={stand_in}".encode() in Path(f"/proc/{process}/environ").read_bytes()

    second = start_up(data, data / "second.log")
    assert second.wait(PATIENCE_SECONDS) == 1
    refusal = f"Amphi is already running in this folder (process {up.process.pid} holds"
    assert refusal in (data / "second.log").read_text()

    os.kill(min(up.processes_called(b"\0worker\0")), signal.SIGKILL)
    up.wait_for(r"worker ended by itself \(killed by SIGKILL\) and is started again")
    assert up.process.poll() is None

    assert up.stop(signal.SIGINT) == 0
    up.wait_until_gone()
    assert up.said().rstrip().endswith("Everything has stopped.")


def test_killed_without_a_chance_to_clear_up_it_leaves_nothing(up):
    up.wait_for("Amphi is ready")
    assert len(up.processes()) >= 5

    up.process.kill()

    up.wait_until_gone()


def test_a_first_start_cut_short_begins_anew():
    folder = Path(tempfile.mkdtemp(prefix="amphi-up-"))
    first = RunningUp(folder)
    try:
        first.wait_for("Migrations … ")
        time.sleep(0.5)  # somewhere within the migrations
    finally:
        first.process.kill()
        first.process.wait()
    first.wait_until_gone()

    second = RunningUp(folder)
    try:
        second.wait_for(r"Migrations … \d")
    finally:
        assert second.stop(signal.SIGINT) == 0
        shutil.rmtree(folder, ignore_errors=True)


def test_the_signal_of_a_service_manager_stops_it_while_it_is_still_starting(up):
    up.wait_for(r"Postgres and Redis … \d")

    assert up.stop(signal.SIGTERM) == 0
    up.wait_until_gone()


def test_a_port_in_use_is_refused_with_what_to_do():
    with listen(0) as taken, pytest.raises(ServerError, match=r"is in use.*choose another: make run PORT=8001"):
        listen(taken.getsockname()[1])


def test_a_listener_is_reached_from_this_machine_alone():
    with listen(0) as listener:
        assert listener.family == socket.AF_INET
        assert listener.getsockname()[0] == "127.0.0.1"

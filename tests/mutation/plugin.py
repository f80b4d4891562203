"""A pytest plugin that plants faults instead of running tests: `pytest -p tests.mutation.plugin --faults 600`.

With `--faults-part shop/payments` only modules of that folder get faults, and only tests of that folder run.

The tool is a plugin so that the servers of a test run are up for the whole of it.
"""

from __future__ import annotations

import pytest

from tests.mutation.sample import Sample, run
from tests.servers import PROJECT

KEPT_IN = PROJECT / ".data" / "mutation"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults")
    group.addoption("--faults", type=int, default=600, help="how many faults to plant")
    group.addoption("--faults-seed", type=int, default=1, help="another number draws other faults")
    group.addoption("--faults-minutes", type=float, default=90, help="when to stop; a second run goes on from there")
    group.addoption("--faults-part", default="", help="a folder with modules, and with tests under tests/")


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int:
    part = config.getoption("--faults-part").strip("/")
    sample = Sample(
        size=config.getoption("--faults"),
        seed=config.getoption("--faults-seed"),
        minutes=config.getoption("--faults-minutes"),
        part=part,
        folder=KEPT_IN / (part.replace("/", "-") or "all"),
    )
    return run(sample)

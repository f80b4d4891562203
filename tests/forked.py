"""A part of a test in a process of its own: a copy of the test's, with database connections of its own."""

from __future__ import annotations

import faulthandler
import os
import traceback
from collections.abc import Callable

from django.db import connections

from tests.patience import PATIENCE_SECONDS

STANDARD_ERROR = 2


def status_of_fork(work: Callable[[], object]) -> int:
    """Run some work in a fork of this process and return its exit status, as `os.waitpid` tells it.

    The fork never goes on with the test: it ends with the work, whatever that raises. One that hangs shows where, and
    ends after PATIENCE_SECONDS.
    """
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            faulthandler.dump_traceback_later(PATIENCE_SECONDS, exit=True, file=STANDARD_ERROR)
            work()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1]

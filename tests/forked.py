"""A part of a test in a process of its own: a copy of the test's, with database connections of its own.

Closing the parent's connections before the fork is not enough. While a browser is open its event loop runs in the
test's thread, and Django keeps one connection for code within a loop and one for code outside. A fork has left the loop
behind, and would speak over the other one, which the parent holds open: the server never learns that the fork is dead.
"""

from __future__ import annotations

import faulthandler
import os
import traceback
from collections.abc import Callable
from typing import Any

from django.db import connections

from tests.patience import PATIENCE_SECONDS

STANDARD_ERROR = 2
# Connections of the parent, in a fork: kept, since one that is cleared away ends for the parent too.
_inherited: list[Any] = []


def leave_inherited_connections() -> None:
    """Replace the database connections of the process that this one is a fork of, without using or closing them."""
    for alias in connections:
        theirs = connections[alias]
        _inherited.append((theirs, theirs.connection))
        connections[alias] = theirs.copy(alias)
        connections[alias].inc_thread_sharing()


def status_of_fork(work: Callable[[], object]) -> int:
    """Run some work in a fork of this process and return its exit status, as `os.waitpid` tells it.

    The fork never goes on with the test: it ends with the work, whatever that raises. One that hangs shows where, and
    ends after PATIENCE_SECONDS.
    """
    child = os.fork()
    if child == 0:
        try:
            faulthandler.dump_traceback_later(PATIENCE_SECONDS, exit=True, file=STANDARD_ERROR)
            leave_inherited_connections()
            work()
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1]

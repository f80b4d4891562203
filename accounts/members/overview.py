"""Parts of the account area's overview. Upper floors add theirs in their app's `ready()`:

PARTS.add(orders_that_wait)
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest

from accounts.people.models import User
from common.registry import Registry

# Called with the request of a signed-in person. Returns the part as HTML, "" where there is nothing to show.
Part = Callable[[HttpRequest, User], str]

PARTS: Registry[Part] = Registry("part of the overview")

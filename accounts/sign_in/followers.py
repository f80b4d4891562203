"""Followers of a sign-in. Upper floors register theirs in their app's `ready()`.

from accounts.sign_in.followers import FOLLOWERS
FOLLOWERS.add(join_carts)
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.http import HttpRequest

from accounts.people.models import User
from common.registry import Registry

logger = logging.getLogger(__name__)

# Called after the sign-in; the session still holds what the visitor left in it before.
Follower = Callable[[HttpRequest, User], None]

FOLLOWERS: Registry[Follower] = Registry("follower of a sign-in")


def follow_sign_in(request: HttpRequest, user: User) -> None:
    """Run all followers. A follower that breaks is logged and locks nobody out; its work waits for the next sign-in."""
    for follower in FOLLOWERS:
        try:
            follower(request, user)
        except Exception:
            logger.exception("%s.%s failed at a sign-in", follower.__module__, follower.__qualname__)

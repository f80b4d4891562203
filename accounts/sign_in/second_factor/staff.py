"""Staff outside the administration: they see more than others only with the factor that the administration asks for."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

from accounts.people.models import User
from accounts.people.selectors import has_second_factor


def is_staff_here(request: HttpRequest) -> bool:
    """Tell whether a request may see what staff see: active staff with a second factor.

    One query for staff, none for anybody else, and none where staff need no second factor.
    """
    user = request.user
    if not isinstance(user, User) or not (user.is_active and user.is_staff):
        return False
    return not settings.STAFF_NEEDS_SECOND_FACTOR or has_second_factor(user)

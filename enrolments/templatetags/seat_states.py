"""States of seats on pages: what a seat is now, whether or not a job has written that down."""

from django import template
from django.utils import timezone

from enrolments.seats.models import Seat, SeatState

register = template.Library()


@register.filter
def state_now(seat: Seat) -> SeatState:
    return seat.state_at(timezone.now())


@register.filter
def is_lapsed(seat: Seat) -> bool:
    """Tell whether somebody has the seat who did not enter the course in time."""
    return seat.is_lapsed_at(timezone.now())

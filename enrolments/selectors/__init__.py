"""What is read about courses, seats, people and sessions."""

from enrolments.selectors.courses import enrolments_with_grounds, is_enrolled
from enrolments.selectors.people import PersonRow, people_of, typed_names
from enrolments.selectors.seats import EntrySeats, seat_counts, seats_of
from enrolments.selectors.sessions import SessionRow, sessions_of

__all__ = [
    "EntrySeats",
    "PersonRow",
    "SessionRow",
    "enrolments_with_grounds",
    "is_enrolled",
    "people_of",
    "seat_counts",
    "seats_of",
    "sessions_of",
    "typed_names",
]

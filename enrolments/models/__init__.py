from enrolments.models.courses import Course, CourseName
from enrolments.models.enrolments import Enrolment, EnrolmentEvent, Ground
from enrolments.models.groups import CourseGroup
from enrolments.models.places import PlaceHold
from enrolments.models.reasons import SeatReason
from enrolments.models.roles import Role
from enrolments.models.seats import Seat, SeatBatch, SeatEvent, SeatState

__all__ = [
    "Course",
    "CourseGroup",
    "CourseName",
    "Enrolment",
    "EnrolmentEvent",
    "Ground",
    "PlaceHold",
    "Role",
    "Seat",
    "SeatBatch",
    "SeatEvent",
    "SeatReason",
    "SeatState",
]

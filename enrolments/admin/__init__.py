from enrolments.admin.courses import CourseAdmin
from enrolments.admin.enrolments import EnrolmentAdmin
from enrolments.admin.groups import CourseGroupAdmin
from enrolments.admin.roles import RoleAdmin
from enrolments.admin.seats import SeatAdmin, SeatBatchAdmin

__all__ = ["CourseAdmin", "CourseGroupAdmin", "EnrolmentAdmin", "RoleAdmin", "SeatAdmin", "SeatBatchAdmin"]

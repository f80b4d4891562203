"""The merchant's changes: enrolments by hand, and edits of the entries and courses on sale."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from accounts.people.services import PersonTyped
from catalog.models.entries import Entry
from common.refusals import Refused
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.courses.services import save_course
from enrolments.grounds.by_hand import end_by_hand, enrol_address_by_hand
from enrolments.values import Terms
from tests.trials.any_sequence import world
from tests.trials.any_sequence.choices import one_of, person, some
from tests.trials.any_sequence.frame import Frame

CHANGES = ("show", "rename", "capacity 2", "capacity 9", "show", "hide")
ROLES = (Role.STUDENT, Role.TUTOR, Role.TEACHER)


class Merchant(Frame):
    """Steps of the merchant; lines sold before stay as sold."""

    @rule(what=st.sampled_from(["enrol", "enrol", "end", "entry", "course"]), n=some, m=some, who=person)
    def merchant_changes(self, what: str, n: int, m: int, who: str) -> None:
        """Enrol by hand, end such an enrolment, or edit an entry or a course."""
        match what:
            case "entry":
                self._edit_entry(self.world.entries[n % 10], 1 + m % 5)
            case "course":
                self._edit_course(one_of(self.world.courses, n), CHANGES[m % len(CHANGES)])
            case "end" if self.by_hand:
                with self.step("end what was enrolled by hand"):
                    assert end_by_hand(enrolment=one_of(self.by_hand, n), reason="Done.", now=self.now)
            case _:
                self._enrol_by_hand(who, one_of(self.world.courses, n), one_of(ROLES, m))

    def _enrol_by_hand(self, who: str, course: Course, role: str) -> None:
        with self.step("enrol by hand", Refused):
            enrol_address_by_hand(
                course=course,
                person=PersonTyped(email=world.address(who)),
                role=Role.objects.get(code=role),
                terms=Terms(),
                language="en",
                now=self.now,
            )

    def _edit_entry(self, entry: Entry, number: int) -> None:
        entry = Entry.objects.get(pk=entry.pk)
        with self.step("edit an entry"):
            sold = {"packsize": number, "courselist": world.MANY} if "packsize" in entry.parameters else {}
            Entry.objects.filter(pk=entry.pk).update(parameters=entry.parameters | sold, max_quantity=number + 1)

    def _edit_course(self, course: Course, change: str) -> None:
        course = Course.objects.get(pk=course.pk)
        match change.split():
            case ["rename"]:
                course.short_name = f"{course.short_name}'"
            case ["capacity", number]:
                course.capacity = int(number)
            case _:
                course.is_visible = change == "show"
        with self.step("edit a course", Refused):
            save_course(course=course)

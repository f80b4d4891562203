"""Forms that assign a seat and take one back."""

from __future__ import annotations

import datetime
from typing import Any, cast

from django import forms
from django.utils.functional import lazystr
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from accounts.people.services import PersonTyped
from common.fields import AddressField, NameField
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.scope import courses_within, may_use
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.desk import choosable_courses, nameable_courses
from enrolments.seats.models import Seat
from enrolments.seats.targets import TargetField, Targets

# Data of another person: the browser must not offer the operator's own.
OF_SOMEBODY_ELSE = {"autocomplete": "off"}


class CourseChoiceField(forms.ModelChoiceField):
    def label_from_instance(self, course: Course) -> str:
        return course.name


class PersonForm(forms.Form):
    """Name and address of a person, as an operator types them."""

    email = AddressField(widget=forms.EmailInput(attrs=OF_SOMEBODY_ELSE | {"spellcheck": "false"}))
    first_name = NameField(label=_("First name"), widget=forms.TextInput(attrs=OF_SOMEBODY_ELSE))
    last_name = NameField(label=_("Last name"), widget=forms.TextInput(attrs=OF_SOMEBODY_ELSE))

    def typed(self) -> PersonTyped:
        return PersonTyped(**{name: self.cleaned_data[name] for name in ("email", "first_name", "last_name")})


class AssignForm(PersonForm):
    """Person for a free seat, with the course if the seat leaves it open, and the role for a session's blank seat.

    Offers the courses that are open with a place left. A course that closed since it was offered passes the form: the
    service refuses it and names the reason.
    """

    course = CourseChoiceField(
        label=_("Course"),
        queryset=Course.objects.none(),
        empty_label=_("Choose a course"),
        error_messages={"invalid_choice": _("This course cannot be chosen for this seat. Choose another one.")},
    )
    role = forms.ChoiceField(
        label=pgettext_lazy("of a person in a course", "Role"), widget=forms.RadioSelect, initial=Role.STUDENT
    )
    field_order = ("course", "role", "email", "first_name", "last_name")

    def __init__(self, *args: Any, seat: Seat, now: datetime.datetime, part: Part | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seat = seat
        self.has_course = True
        if seat.batch.source == SeatBatch.Source.SESSION:
            del self.fields["course"]
        else:
            self._offer_courses(now, part)
        if seat.batch.source == SeatBatch.Source.PACK or seat.role_id is not None:
            del self.fields["role"]
        else:
            self.roles = {role.code: role for role in Role.objects.filter(code__in=(Role.STUDENT, Role.TUTOR))}
            field = cast("forms.ChoiceField", self.fields["role"])
            field.choices = [(code, lazystr(role)) for code, role in self.roles.items()]

    def _offer_courses(self, now: datetime.datetime, part: Part | None) -> None:
        field = cast("CourseChoiceField", self.fields["course"])
        choosable = choosable_courses(self.seat, now)
        if not may_use(part, team_id=self.seat.team_id, order_id=self.seat.batch.order_id, course_id=None):
            choosable = courses_within(choosable, part)
        offered = list(choosable)
        self.has_course = bool(offered)
        field.queryset = nameable_courses(self.seat)
        chosen = self._posted_course(field) if self.is_bound else None
        if chosen is not None and chosen not in offered:
            offered.append(chosen)  # the choice stays in view beside the reason of its refusal
        field.choices = [("", field.empty_label), *((course.pk, course.name) for course in offered)]
        if len(offered) == 1:
            field.initial = offered[0].pk

    def _posted_course(self, field: forms.ModelChoiceField) -> Course | None:
        try:
            return field.to_python(self.data.get(self.add_prefix("course")))
        except forms.ValidationError:
            return None

    def chosen_course(self) -> Course:
        """Return the course chosen, or the session's own."""
        chosen: Course | None = self.cleaned_data.get("course", self.seat.course)
        assert chosen is not None
        return chosen

    def chosen_role(self) -> Role | None:
        """Return the role chosen; None where the seat has its own."""
        return self.roles[self.cleaned_data["role"]] if "role" in self.fields else None


class ReleaseForm(forms.Form):
    """Reason for which a seat is taken back. `seen` is the `state_shown` of the seat on the page."""

    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("It is kept in the history of the seat."),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)


class MoveForm(ReleaseForm):
    """Course or session that a person is moved to, and why. `seen` is the `state_shown` of the seat on the page."""

    to = TargetField(label=_("New course or session"))
    field_order = ("to", "reason", "seen")

    def __init__(self, *args: Any, account: CustomerAccount, targets: Targets, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("TargetField", self.fields["to"]).offer(account, targets)


class WhereForm(forms.Form):
    """Course or session that many people are moved to."""

    to = TargetField(label=_("New course or session"))

    def __init__(self, *args: Any, account: CustomerAccount, targets: Targets, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("TargetField", self.fields["to"]).offer(account, targets)


class ManyForm(ReleaseForm):
    """Reason for an act on many seats. `seen` is the fingerprint of what the page showed."""

    field_order = ("reason", "seen")

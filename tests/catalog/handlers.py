"""Handlers that exist in tests only."""

from django import forms

from handlers.contract import Audience, Finding, Handler, Level, ParametersForm
from handlers.parameter_fields import (
    CountField,
    CourseField,
    CoursePatternsField,
    DaysField,
    MomentField,
    RoleField,
    SwitchField,
)


class EveryFieldForm(ParametersForm):
    """Form with one field of each kind."""

    course = CourseField(label="Course", help_text="Where it happens.")
    courselist = CoursePatternsField(label="Courses")
    role = RoleField(label="Role", initial="student")
    packsize = CountField(label="Seats per unit", min_value=1, max_value=1000, initial=1)
    duration = DaysField(label="Duration")
    starttime = MomentField(label="Start")
    endtime = MomentField(label="End", ends=True)
    autoenrol = SwitchField(label="Enrol", initial=True)


class EveryField(Handler):
    """Handler that takes every kind of parameter and reports the findings set by the test."""

    name = "ext_everyfield"
    version = 3
    label = "Every field"
    summary = "For tests."
    MerchantForm = EveryFieldForm
    findings: list[Finding] = []

    def check(self, entry):
        return list(self.findings)

    def upgrade(self, params, from_version):
        return {"upgraded_from": from_version, **params}


class Strict(Handler):
    """Handler sold one at a time, to customers only, and not to the people in `refused`."""

    name = "ext_strict"
    label = "Strict"
    audience = Audience.CUSTOMERS
    max_quantity = 1
    refused: set[int] = set()

    def is_offered_to(self, params, user, *, now):
        return user.pk not in self.refused


class NoteForm(forms.Form):
    note = forms.CharField(label="Note")


class Asking(Handler):
    """Handler that asks for a note for each unit."""

    name = "ext_asking"
    label = "Asking"
    UnitForm = NoteForm


class Broken(Handler):
    """Handler whose check raises."""

    name = "ext_broken"
    label = "Broken"

    def check(self, entry):
        raise RuntimeError("a bug of the extension")


class Bespoke(Handler):
    """Handler specific to the entry BIG-ORDER."""

    name = "big_order"
    label = "Bespoke"

    class MerchantForm(ParametersForm):
        note = forms.CharField(label="Note", required=False)


def finding(level: str, message: str) -> Finding:
    return Finding(Level(level), message)

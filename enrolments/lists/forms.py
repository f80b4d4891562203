"""Forms of a list of people: the list itself, and one line of it."""

from __future__ import annotations

import datetime
from typing import Any, cast

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from accounts.teams.models import Team
from common.refusals import Refused
from common.sheets.reading import read_pasted, read_upload
from enrolments.courses.models import Course
from enrolments.courses.roles.models import Role
from enrolments.lists.models import ListRow
from enrolments.lists.reading import PersonRow, read_people
from enrolments.lists.selectors import Source, courses_of, sources_of
from enrolments.scope import teams_within
from enrolments.seats.forms import OF_SOMEBODY_ELSE, CourseChoiceField

# Names of teams that the form of a line tells.
TEAMS_TOLD = 50


class PeopleTypedForm(forms.Form):
    """People: pasted, or in a file. `rows` are those read."""

    people = forms.CharField(
        label=_("Paste the people here"),
        required=False,
        # Without autocomplete="off": browsers bring nothing back into such a field when somebody goes back to it.
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false"}),
        help_text=_("One person a line, copied from a spreadsheet with its headings: E-mail, First name, Last name."),
    )
    file = forms.FileField(
        label=_("Or choose a file"),
        required=False,
        allow_empty_file=True,
        help_text=_("XLSX or CSV, up to 5,000 people."),
    )
    # The draft that the list takes the place of, and the version of it that was shown.
    corrects = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows: list[PersonRow] = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        upload, pasted = cleaned.get("file"), cleaned.get("people", "")
        try:
            if upload is not None:
                self.rows = read_people(read_upload(upload))
                if pasted.strip():
                    self.add_error("file", _("There are rows in the field, too. Delete these, or leave the file out."))
            elif pasted:
                self.rows = read_people(read_pasted(pasted))
            elif not self.errors:
                self.add_error("people", _("Paste people, or choose a file with them."))
        except Refused as refused:
            self.add_error("file" if upload is not None else "people", str(refused.message))
        return cleaned

    def in_place_of(self) -> tuple[int, int] | None:
        """Return key and version of the draft that the list takes the place of."""
        corrects = self.cleaned_data["corrects"]
        return (corrects, self.cleaned_data["version"] or 0) if corrects else None


class NewListForm(PeopleTypedForm):
    """Seats, and the people for them."""

    source = forms.ChoiceField(label=_("Seats"))
    course = CourseChoiceField(
        label=_("Course"),
        queryset=Course.objects.none(),
        required=False,
        empty_label=_("As each row of the list says"),
        help_text=_("People placed on the seats of a session go into its course, whatever you choose here."),
    )
    field_order = ("source", "course", "people", "file")

    def __init__(
        self,
        *args: Any,
        account: CustomerAccount,
        now: datetime.datetime,
        part: Part | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.sources: dict[str, Source] = {source.key: source for source in sources_of(account, now, part)}
        choices = [(key, source.label) for key, source in self.sources.items()]
        cast("forms.ChoiceField", self.fields["source"]).choices = choices
        cast("CourseChoiceField", self.fields["course"]).queryset = courses_of(account, now, part)

    def chosen_source(self) -> Source:
        return self.sources[self.cleaned_data["source"]]


class RowForm(forms.Form):
    """One line of a list, as typed; what is wrong about it is told by its verdict."""

    email = forms.CharField(label=_("E-mail address"), required=False, max_length=500)
    first_name = forms.CharField(label=_("First name"), required=False, max_length=500)
    last_name = forms.CharField(label=_("Last name"), required=False, max_length=500)
    course = forms.CharField(label=_("Course"), required=False, max_length=500)
    role = forms.CharField(
        label=pgettext_lazy("of a person in a course", "Role"),
        required=False,
        max_length=500,
    )
    language = forms.CharField(
        label=_("Language"),
        required=False,
        max_length=500,
        help_text=_("English or French: the language of the mails to somebody who is new. Empty for yours."),
    )
    team = forms.CharField(label=pgettext_lazy("of an account", "Team"), required=False, max_length=500)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, row: ListRow, part: Part | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people_list = row.people_list
        for field in self.fields.values():
            field.widget.attrs |= OF_SOMEBODY_ELSE
        if people_list.course_id is not None:
            del self.fields["course"]
        if people_list.group_id is None and not row.role_typed:
            del self.fields["role"]
        else:
            roles = Role.objects.filter(code__in=(Role.STUDENT, Role.TUTOR)).in_bulk(field_name="code")
            names = {"learner": str(roles[Role.STUDENT]), "tutor": str(roles[Role.TUTOR])}
            self.fields["role"].help_text = _("%(learner)s or %(tutor)s; empty for the first.") % names
        known = teams_within(Team.objects.filter(account=people_list.account_id), part)
        teams = list(known.values_list("name", flat=True)[:TEAMS_TOLD])
        if teams:
            self.fields["team"].help_text = format_lazy(_("One of: {teams}. Empty for none."), teams=", ".join(teams))
        elif not row.team_typed:
            del self.fields["team"]

    @classmethod
    def of(cls, row: ListRow, part: Part | None = None) -> RowForm:
        typed = {
            "email": row.email,
            "first_name": row.first_name,
            "last_name": row.last_name,
            "course": row.course_typed,
            "role": row.role_typed,
            "language": row.language_typed,
            "team": row.team_typed,
        }
        return cls(row=row, part=part, initial=typed | {"version": row.people_list.version})

    def typed(self, row: ListRow) -> PersonRow:
        given = self.cleaned_data
        return PersonRow(
            line=row.line,
            email=given["email"],
            first_name=given["first_name"],
            last_name=given["last_name"],
            course=given.get("course", row.course_typed),
            role=given.get("role", row.role_typed),
            language=given["language"],
            team=given.get("team", row.team_typed),
        )

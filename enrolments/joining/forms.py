"""Forms of join links: for people who join, and for the operator who makes one."""

from __future__ import annotations

import datetime
import re
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.members.models import CustomerAccount
from accounts.members.parts import Part
from accounts.people.services import PersonTyped
from accounts.teams.models import Team
from common.emails import reachable_email
from common.fields import AddressField, CodeLineField, NameField
from common.moments import day_ends, local_day
from enrolments.courses.models import Course
from enrolments.joining.models import MOST_CODES
from enrolments.joining.selectors import Source, sources_of
from enrolments.joining.tokens import read_code
from enrolments.lists.selectors import courses_of
from enrolments.scope import teams_within
from enrolments.seats.forms import CourseChoiceField

USUAL_DAYS, MOST_DAYS = 30, 730


class PrintedCodeForm(forms.Form):
    """A printed code, typed in any case, with or without blanks and dashes."""

    code = CodeLineField(
        label=_("Code"),
        max_length=60,
        help_text=_("16 letters and digits, as printed on your sheet."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def clean_code(self) -> str:
        signs = read_code(self.cleaned_data["code"])
        if not signs:
            raise ValidationError(_("A code has 16 letters and digits. Compare it with your sheet."), code="no_code")
        return signs


class CodeNumberForm(forms.Form):
    """Number of one printed code, as on its slip."""

    number = forms.IntegerField(label=_("Number on the slip"), min_value=1, max_value=MOST_CODES)


class JoinForm(forms.Form):
    """Course, name and address of a person who joins. A link into one course asks for none."""

    course = CourseChoiceField(
        label=_("Course"),
        queryset=Course.objects.none(),
        empty_label=_("Choose a course"),
        error_messages={"invalid_choice": _("This course can no longer be chosen. Choose another one.")},
    )
    first_name = NameField(label=_("First name"), widget=forms.TextInput(attrs={"autocomplete": "given-name"}))
    last_name = NameField(label=_("Last name"), widget=forms.TextInput(attrs={"autocomplete": "family-name"}))
    email = AddressField(help_text=_("We mail a code there. Type it on the next page: then the seat is yours."))

    def __init__(self, *args: Any, courses: list[Course], is_chosen: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_chosen:
            field = cast("CourseChoiceField", self.fields["course"])
            field.queryset = Course.objects.filter(pk__in=[course.pk for course in courses])
            field.choices = [("", field.empty_label), *((course.pk, course.name) for course in courses)]
        else:
            del self.fields["course"]

    def typed(self) -> PersonTyped:
        return PersonTyped(**{name: self.cleaned_data[name] for name in ("email", "first_name", "last_name")})


class NewLinkForm(forms.Form):
    """Seats, course, way, number, last day and mail domains of a link."""

    source = forms.ChoiceField(label=_("Seats"))
    course = CourseChoiceField(
        label=_("Course"),
        queryset=Course.objects.none(),
        required=False,
        empty_label=_("People choose among the open courses"),
        help_text=_("The seats of a session go into its course, whatever you choose here."),
    )
    team = forms.ModelChoiceField(
        label=pgettext_lazy("of an account", "Team"),
        queryset=Team.objects.none(),
        required=False,
        empty_label=_("No team"),
        help_text=_("Whoever joins is put into it, gets its seats first, and counts in its number of seats."),
    )
    way = forms.ChoiceField(
        label=_("Way to join"),
        choices=[("link", _("One link for all")), ("codes", _("A printed code for each person"))],
        widget=forms.RadioSelect,
        initial="link",
    )
    places = forms.IntegerField(
        label=_("Number of seats"),
        min_value=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        help_text=_("They are not kept: whoever comes first takes them."),
    )
    ends_on = forms.DateField(
        label=_("Last day"), widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d")
    )
    domains = forms.CharField(
        label=_("Allowed mail domains"),
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
        help_text=_("Such as example.org, several by commas. Empty: any address."),
    )

    def __init__(
        self,
        *args: Any,
        account: CustomerAccount,
        now: datetime.datetime,
        part: Part | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = local_day(now)
        self.initial.setdefault("ends_on", self.today + datetime.timedelta(days=USUAL_DAYS))
        self.sources: dict[str, Source] = {source.key: source for source in sources_of(account, now, part)}
        choices = [(key, source.label) for key, source in self.sources.items()]
        cast("forms.ChoiceField", self.fields["source"]).choices = choices
        cast("CourseChoiceField", self.fields["course"]).queryset = courses_of(account, now, part)
        teams = teams_within(Team.objects.filter(account=account), part).order_by("sort_name", "pk")
        if teams.exists():
            cast("forms.ModelChoiceField", self.fields["team"]).queryset = teams
        else:
            del self.fields["team"]

    def clean_ends_on(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["ends_on"]
        if day < self.today:
            raise ValidationError(_("This day is past."), code="past")
        if day > self.today + datetime.timedelta(days=MOST_DAYS):
            raise ValidationError(_("Choose a day within two years."), code="too_late")
        return day

    def clean_domains(self) -> list[str]:
        domains: list[str] = []
        for typed in re.split(r"[\s,;]+", self.cleaned_data["domains"].strip(" ,;")):
            if not typed:
                continue
            try:
                domain = reachable_email(f"somebody@{typed.rpartition('@')[2]}").rpartition("@")[2]
            except ValidationError:
                message = _("“%(domain)s” is no mail domain. Type it like example.org.")
                raise ValidationError(message, code="no_domain", params={"domain": typed[:100]}) from None
            if domain not in domains:
                domains.append(domain)
        return domains

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        source, course, places = (
            self.sources.get(cleaned.get("source", "")),
            cleaned.get("course"),
            cleaned.get("places"),
        )
        if source is not None and source.batch is not None and course is not None:
            covered = Course.objects.matching(source.batch.course_list).filter(pk=course.pk)
            if not covered.exists():
                self.add_error("course", _("These seats cannot be used for this course. Choose another one."))
        if cleaned.get("way") == "codes" and places is not None and places > MOST_CODES:
            message = _("A sheet has at most %(number)d codes. Make several.") % {"number": MOST_CODES}
            self.add_error("places", message)
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """Return what was chosen, as `make_link` takes it."""
        source = self.sources[self.cleaned_data["source"]]
        return {
            "batch": source.batch,
            "group": source.group,
            "course": self.cleaned_data["course"],
            "team": self.cleaned_data.get("team"),
            "has_codes": self.cleaned_data["way"] == "codes",
            "places": self.cleaned_data["places"],
            "domains": self.cleaned_data["domains"],
            "ends_at": day_ends(self.cleaned_data["ends_on"]),
        }

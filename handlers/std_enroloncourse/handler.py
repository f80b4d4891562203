"""Enrolment of the buyer in a course."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.people.models import User
from accounts.people.services import find_or_create_people, typed_by_themself
from common.words import end_in_words, moment_in_words
from enrolments.courses.groups.models import CourseGroup
from enrolments.courses.groups.services import standing_group
from enrolments.courses.models import Course
from enrolments.courses.places.services import retake_holds
from enrolments.grounds.enrol_line import LineEnrolment, end_line_grounds, enrol_on_line
from enrolments.grounds.models import Enrolment, Ground
from handlers.contract import (
    EntryToCheck,
    Feedback,
    Finding,
    Handler,
    Level,
    LineContext,
    ParametersForm,
    Revocation,
    RevokeReason,
    Sold,
    Text,
    UnitContext,
    in_words,
    paragraphs,
)
from handlers.delivery import ask_open, ask_period, hold, line_ref, refusals, sold_course, sold_role
from handlers.facts import period_facts
from handlers.findings import check_course, check_role, check_support_course, check_terms
from handlers.giving_back import free_places, reason_text
from handlers.std_enroloncourse.forms import EnrolOnCourseForm, EnrolOnCourseParameters
from handlers.support import enrol_operator_in_support


class EnrolOnCourse(Handler):
    """Handler that enrols the buyer, or for a visitor's order the person whose address was typed."""

    name = "std_enroloncourse"
    version = 1
    label = gettext_lazy("Enrolment of the buyer")
    summary = gettext_lazy("Enrols the buyer in a course once it is paid.")
    MerchantForm: ClassVar[type[ParametersForm]] = EnrolOnCourseForm
    max_quantity = 1
    enrols_buyer = True

    def check(self, entry: EntryToCheck) -> list[Finding]:
        return list(_findings(EnrolOnCourseParameters.of(entry.parameters)))

    def is_offered_to(self, params: Mapping[str, Any], user: User, *, now: datetime) -> bool:
        """Tell whether the person lacks an enrolment in the course in that role, or its period is over."""
        sold = EnrolOnCourseParameters.of(params)
        return not (
            Enrolment.objects.filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now), closed_at__isnull=True)
            .filter(user=user, role__code=sold.role, course__in=Course.objects.named(sold.course_name))
            .exists()
        )

    def courses(self, params: Mapping[str, Any]) -> Collection[str]:
        return [EnrolOnCourseParameters.of(params).course_name]

    def sold(self, params: Mapping[str, Any]) -> Sold:
        typed = EnrolOnCourseParameters.of(params)
        return Sold(
            courses=[typed.course_name],
            role=typed.role,
            terms=typed.terms,
            facts=[*period_facts(typed.terms)],
        )

    def courses_to_lock(self, params: Mapping[str, Any]) -> Collection[str]:
        sold = EnrolOnCourseParameters.of(params)
        return [name for name in (sold.course_name, sold.support_course) if name]

    def pre_payment(self, line: LineContext) -> Feedback:
        """Hold a place of the course.

        The course's enrolments are not searched for a typed address: a person already enrolled is settled at delivery.
        """
        sold = EnrolOnCourseParameters.of(line.parameters)
        course = sold_course(line, sold.course_name)
        role = sold_role(line, sold.role)
        ask_period(line, course, sold.terms)
        if role.takes_place:
            hold(line, course, places=1)
        else:
            ask_open(line, course)
        return Feedback()

    def retake(self, line: LineContext) -> Feedback:
        with refusals():
            retake_holds(order_id=line.order_id, now=line.now)
        return Feedback()

    def post_payment(self, line: LineContext) -> Feedback:
        if Ground.objects.filter(line_id=line.line_id, kind=Ground.Kind.LINE).exists():
            return Feedback()
        sold = EnrolOnCourseParameters.of(line.parameters)
        course = sold_course(line, sold.course_name)
        role = sold_role(line, sold.role)
        user, is_new = _learner(line)
        with refusals():
            enrolled = enrol_on_line(
                line=line_ref(line),
                course=course,
                user=user,
                role=role,
                group=standing_group(course=course, name=sold.group_name) if sold.group_name else None,
                terms=sold.terms,
                now=line.now,
                unit_index=line.units[0].index,
            )
        is_own = line.buyer is not None and line.buyer == line.operator
        return _delivered(course, enrolled, is_new=is_new, is_own=is_own)

    def attach_operator(self, line: LineContext) -> Feedback:
        if not Ground.objects.live().filter(line_id=line.line_id, kind=Ground.Kind.LINE).exists():
            return Feedback()
        return enrol_operator_in_support(line, EnrolOnCourseParameters.of(line.parameters).support_course)

    def revoke(self, line: LineContext, units: Sequence[UnitContext], reason: Revocation) -> Feedback:
        free_places(line, units, reason)
        if reason.why is RevokeReason.UNPAID or not units:
            return Feedback()
        if not end_line_grounds(line_id=line.line_id, reason=reason_text(reason), now=line.now):
            return Feedback()
        return Feedback(
            customer=gettext_lazy("The enrolment was taken back."), sales=gettext_lazy("The enrolment was taken back.")
        )


def _learner(line: LineContext) -> tuple[User, bool]:
    """Return the signed-in buyer, else the person with the typed address, and whether that person was created now.

    A person created here gets the name typed with the order, and belongs to no account, so that nobody else may edit
    them.
    """
    if line.buyer is not None:
        return line.buyer, False
    [found] = find_or_create_people(
        people=[typed_by_themself(email=line.contact_email, name=line.contact_name)],
        account=None,
        language=line.language,
        now=line.now,
    ).values()
    return found.user, found.created


def _delivered(course: Course, enrolled: LineEnrolment, *, is_new: bool, is_own: bool) -> Feedback:
    told = in_words(lambda: _period(course, enrolled))
    return Feedback(
        public=told,
        customer=paragraphs(told, _already_there(enrolled, is_own=is_own)),
        sales=paragraphs(
            told,
            gettext_lazy("The learner is a new user.") if is_new else gettext_lazy("The learner is a known user."),
        ),
    )


def _period(course: Course, enrolled: LineEnrolment) -> str:
    told = {"course": course.name, "start": moment_in_words(enrolled.period.starts_at)}
    if enrolled.period.ends_at is None:
        return _("The enrolment in “%(course)s” holds from %(start)s on.") % told
    told["end"] = end_in_words(enrolled.period.ends_at)
    return _("The enrolment in “%(course)s” holds from %(start)s to %(end)s.") % told


def _already_there(enrolled: LineEnrolment, *, is_own: bool) -> Text:
    """Tell of an earlier enrolment: to the learner, where they are buyer and operator in one; else of them."""
    already = enrolled.already
    if already is None:
        return ""
    until = already.until
    if is_own and until is None:
        return gettext_lazy("You were enrolled already, without an end, by a purchase of your account.")
    if is_own and until is not None:
        return in_words(
            lambda: (
                _("You were enrolled already until %(date)s by a purchase of your account; the later end counts.")
                % {"date": end_in_words(until)}
            )
        )
    if until is None:
        return gettext_lazy("The learner was enrolled already, without an end, by a purchase of your account.")
    return in_words(
        lambda: (
            _("The learner was enrolled already until %(date)s by a purchase of your account; the later end counts.")
            % {"date": end_in_words(until)}
        )
    )


def _findings(params: EnrolOnCourseParameters) -> Iterator[Finding]:
    now = timezone.now()
    yield from check_course(params.course_name, field="coursename", now=now)
    yield from check_role(params.role, field="role")
    yield from check_support_course(params.support_course, now=now)
    yield from check_terms(params.terms, now=now)
    if params.group_name and not _group_exists(params):
        yield Finding(
            Level.INFO,
            in_words(
                lambda: (
                    _("The course has no group “%(group)s” yet: it is made with the first sale.")
                    % {"group": params.group_name}
                )
            ),
            "groupname",
        )


def _group_exists(params: EnrolOnCourseParameters) -> bool:
    courses = Course.objects.named(params.course_name)
    return CourseGroup.objects.standing().named(params.group_name).filter(course__in=courses).exists()

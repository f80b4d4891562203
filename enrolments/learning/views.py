"""Learner's pages. A course that the person is not in answers 404."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from csp.decorators import csp_update
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.members.current import SignedInRequest
from enrolments.courses.services import is_web_address
from enrolments.courses.short_names import normalise_short_name
from enrolments.learning.leaving import CannotLeave, leave_course, seats_to_leave, shown
from enrolments.learning.selectors import MyCourse, add_people, my_course, my_courses, participant_rows, participants_of
from enrolments.requests.selectors import is_attached_anywhere
from enrolments.seats.enter import NotEnrolled, enter_course
from enrolments.waiting.selectors import open_places_of
from enrolments.waiting.tokens import path_of

COURSES_A_PAGE = 20
PARTICIPANTS_A_PAGE = 50
# The button redirects to another site, which a page's forms may not do by default: browsers check a form's redirects.
has_the_button: Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]] = csp_update(
    {"form-action": ["https:", "http:"]}
)


@has_the_button
@never_cache
@require_safe
@login_required
def courses(request: SignedInRequest) -> HttpResponse:
    """List the courses of the signed-in person, each with the button that enters it while it runs."""
    now = timezone.now()
    page = Paginator(my_courses(request.user, now), COURSES_A_PAGE).get_page(request.GET.get("page"))
    listed = list(page)
    add_people(request.user, listed, now)
    context: dict[str, object] = {"page": page, "courses": listed, "may_ask": is_attached_anywhere(request.user)}
    context["waits"] = [(each, path_of(each)) for each in open_places_of(request.user)]
    return render(request, "learning/courses.html", context)


@has_the_button
@never_cache
@require_safe
@login_required
def course(request: SignedInRequest, short_name: str) -> HttpResponse:
    """Show one course of the signed-in person, with the button that enters it while it runs; never its link."""
    now = timezone.now()
    mine = _mine(request, short_name)
    if short_name != mine.course.short_name:
        query = request.META["QUERY_STRING"]
        return redirect(_address(mine) + (f"?{query}" if query else ""))
    add_people(request.user, [mine], now)
    context: dict[str, object] = {"mine": mine, "course": mine.course}
    if mine.is_over:
        context["may_ask"] = is_attached_anywhere(request.user)
    else:
        people = participants_of(request.user, mine.course, now)
        page = Paginator(people, PARTICIPANTS_A_PAGE).get_page(request.GET.get("page"))
        context |= {"page": page, "rows": participant_rows(request.user, mine.course, page.object_list, now)}
    return render(request, "learning/course.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def enter(request: SignedInRequest, short_name: str) -> HttpResponse:
    """Enter the course by a POST of the button. A GET, as after signing in again, redirects to the course's page."""
    mine = _mine(request, short_name)
    if request.method != "POST":
        return redirect(_address(mine))
    try:
        entry = enter_course(user=request.user, course=mine.course, now=timezone.now())
    except NotEnrolled as refused:
        messages.error(request, str(refused.message))
        return redirect(_address(mine))
    if not is_web_address(entry.link):
        messages.success(request, _("You are in. This course has no page of its own on the internet."))
        return redirect(_address(mine))
    return HttpResponseRedirect(entry.link, status=HTTPStatus.SEE_OTHER)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def leave(request: SignedInRequest, short_name: str) -> HttpResponse:
    """Ask whether the person gives up their place, and free it once that is confirmed."""
    mine = _mine(request, short_name)
    if request.method == "POST":
        try:
            leave_course(user=request.user, course=mine.course, seen=request.POST.get("seen", ""), now=timezone.now())
        except CannotLeave as refused:
            messages.error(request, str(refused))
            return redirect(_address(mine))
        messages.success(request, _("You gave up your place. Whoever enrolled you is told."))
        return redirect("learn")
    context = {"mine": mine, "seen": shown(seats_to_leave(request.user, mine.course))}
    return render(request, "learning/leave.html", context)


def _mine(request: SignedInRequest, short_name: str) -> MyCourse:
    try:
        found = my_course(request.user, normalise_short_name(short_name), timezone.now())
    except ValidationError:
        raise Http404 from None
    if found is None:
        raise Http404
    return found


def _address(mine: MyCourse) -> str:
    return reverse("learn-course", args=[mine.course.short_name])

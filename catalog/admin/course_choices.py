"""Courses for the choosers on an entry's form, as JSON."""

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import ngettext

from common.numbers import whole_number
from common.search import matching
from enrolments.courses.course_patterns import has_wildcard
from enrolments.courses.models import Course

PAGE = 20
TERM_AT_MOST = 200


def course_choices(request: HttpRequest) -> JsonResponse:
    """Return courses whose short name or name holds every word of ``term``; 20 a page.

    With ``patterns`` a term with a wildcard comes first, with the number of courses that match today. The caller has
    checked that the reader may write entries.
    """
    term = request.GET.get("term", "")[:TERM_AT_MOST].replace("\0", "").strip()
    page = _page(request.GET.get("page", ""))
    found = []
    if page == 1 and "patterns" in request.GET and has_wildcard(term):
        found.append({"id": term, "text": _covering(term)})
    start = (page - 1) * PAGE
    courses = matching(Course.objects.order_by("sort_name", "pk"), term, "search_text")[start : start + PAGE + 1]
    found += [
        {"id": each.short_name, "text": f"{each.short_name} – {each.name}" if each.name else each.short_name}
        for each in courses[:PAGE]
    ]
    return JsonResponse({"results": found, "pagination": {"more": len(courses) > PAGE}})


def _page(text: str) -> int:
    return whole_number(text, digits=5) or 1


def _covering(pattern: str) -> str:
    count = Course.objects.open_at(timezone.now()).matching(pattern).count()
    return ngettext("%(pattern)s (%(n)d open course today)", "%(pattern)s (%(n)d open courses today)", count) % {
        "pattern": pattern,
        "n": count,
    }

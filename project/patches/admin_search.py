"""The search of the admin's sidebar, answered for any page number.

Reason: unfold 0.91 does not check the page number; a number too large, or a text that is none, is an error 500. Ends
with: an unfold whose search answers 404 to such a page (0.110 and Python 3.12 are worth a look).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse

Search = Callable[..., HttpResponse]


def with_any_page(search: Search) -> Search:
    """Wrap the admin site's `search`: answer 404 for a page that does not exist."""

    @wraps(search)
    def answer(request: HttpRequest, *arguments: object, **more: object) -> HttpResponse:
        try:
            return search(request, *arguments, **more)
        except InvalidPage as error:
            raise Http404 from error

    return answer

"""The search of the administration's sidebar, answered for any page number."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse

Search = Callable[..., HttpResponse]


def with_any_page(search: Search) -> Search:
    """Unfold's view takes the page number as it comes: one that is none, or too large, is no error of the shop's."""

    @wraps(search)
    def answer(request: HttpRequest, *arguments: object, **more: object) -> HttpResponse:
        try:
            return search(request, *arguments, **more)
        except InvalidPage as error:
            raise Http404 from error

    return answer

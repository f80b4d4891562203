"""The page /metrics: figures for Prometheus, closed unless METRICS_TOKEN is set."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.rate_limits.by_network import count_from_network
from accounts.rate_limits.services import TooOften
from project.door.limits import METRICS


class MetricsMiddleware:
    """Middleware that answers Prometheus before the checks of host and HTTPS: it asks each machine by its address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return metrics(request) if request.path_info == METRICS else self.get_response(request)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with the figures to whoever shows the token, else 401; 404 where no token is set.

    Wrong tokens are counted by network, 429 from then on. With the right one nothing is counted: the figures are read
    twice a second at most.
    """
    if not settings.METRICS_TOKEN:
        raise Http404
    scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
    is_right = constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    if not (is_right and scheme.lower() == "bearer"):
        return _refuse(request)
    from prometheus_client import CONTENT_TYPE_LATEST

    from project.watching.figures import exposition

    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _refuse(request: HttpRequest) -> HttpResponse:
    try:
        count_from_network(request, what="bad metrics token", now=timezone.now())
    except TooOften as refused:
        return HttpResponse(status=429, headers={"Retry-After": str(refused.seconds)})
    except (DatabaseError, InterfaceError):
        pass  # The limit spares the database, which does not answer.
    return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})

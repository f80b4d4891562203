"""Middleware of the whole site."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import replace

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.contrib.admin.options import TO_FIELD_VAR
from django.core.exceptions import BadRequest, FieldDoesNotExist
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from common.afterwards import run_waiting
from common.database_waiting import database_deadline
from project import health
from project.door.limits import APART, PROBES, largest_body
from project.error_pages import too_large
from project.logs import mask_path, request_id

requests = logging.getLogger("shop.requests")


class RequestLogMiddleware:
    """Middleware that logs one line for each request, with an id that its other lines carry too, here and at the proxy.

    A proxy's own X-Request-ID is taken over when it is harmless; the answer carries the id in any case.
    """

    acceptable = re.compile(r"[A-Za-z0-9._-]{1,64}")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.monotonic()
        given = request.headers.get("X-Request-ID", "")
        name = given if self.acceptable.fullmatch(given) else uuid.uuid4().hex
        mark = request_id.set(name)
        try:
            response = self.get_response(request)
            response["X-Request-ID"] = name
            self._log(request, response, time.monotonic() - began)
        finally:
            request_id.reset(mark)
        return response

    def _log(self, request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
        # Load balancers and Prometheus ask every few seconds; only a bad answer to them is news.
        is_routine = request.path_info in APART and response.status_code == 200
        path = mask_path(request.path)
        requests.log(
            logging.DEBUG if is_routine else logging.INFO,
            *("%s %s %s", request.method, path, response.status_code),
            extra={
                "fields": {
                    "method": request.method,
                    "path": path,
                    "status": response.status_code,
                    "duration_ms": round(seconds * 1000),
                }
            },
        )


class AfterwardsMiddleware:
    """Middleware that writes what must outlast a request's transactions, such as faults of handlers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        finally:
            run_waiting()


class DatabaseDeadlineMiddleware:
    """Middleware that ends a page's waiting for the database, however many statements it waits for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with database_deadline(settings.PAGE_LIMITS.whole or None):
            return self.get_response(request)


class ProbeMiddleware:
    """Middleware that answers load balancers before all else: they ask over plain HTTP, by address and not by the
    shop's name."""

    probes = dict(zip(PROBES, (health.healthz, health.readyz), strict=True))

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.probes.get(request.path_info, self.get_response)
        return answer(request)


class BodySizeMiddleware:
    """Middleware that answers 413 to a body longer than its address takes, before a byte of it is read.

    The web server stops reading there too (`project.door`); it tells the length of a body that came in chunks.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > largest_body(request.path_info):
            return too_large(request)
        return self.get_response(request)


class ReadableRequestMiddleware:
    """Middleware that answers 400 to requests that cannot be read, before the view has done anything.

    Django parses a posted form on first use, which may be after a view's first write, so this middleware parses forms
    before; views without CSRF protection take the body as bytes, and are left alone. Refused too are look-ups of a text
    with a NUL, which the administration's filters pass on and Postgres does not have, and the administration's look-up
    by a field with an empty name, which Django takes for an allowed one.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., object], *_arguments: object) -> None:
        if request.method == "POST" and not getattr(view, "csrf_exempt", False):
            request.POST  # noqa: B018  Django answers 400 to what it raises

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        if request.method in ("GET", "HEAD") and isinstance(error, ValueError) and "contain NUL" in str(error):
            raise BadRequest("A NUL in an address.") from error
        if isinstance(error, FieldDoesNotExist) and "" in (
            request.GET.get(TO_FIELD_VAR),
            request.POST.get(TO_FIELD_VAR),
        ):
            raise BadRequest("A field without a name.") from error


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """Middleware that sends the strict policy everywhere, and unfold's below /admin/. A view's own policy goes
    first. Browsers are told where to report to."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response = super().process_response(request, response)
        response.headers.setdefault("Reporting-Endpoints", settings.REPORTING_ENDPOINTS)
        return response

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.config is None and request.path_info.startswith("/admin/"):
            return replace(parts, config=settings.ADMIN_CONTENT_SECURITY_DIRECTIVES)
        return parts

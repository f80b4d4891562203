"""Middleware of the whole site."""

from collections.abc import Callable
from dataclasses import replace

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from shop import health


class ProbeMiddleware:
    """Answers load balancers before anything else: they ask over plain HTTP, by address and not by the shop's name."""

    probes = {"/healthz": health.healthz, "/readyz": health.readyz}

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.probes.get(request.path_info, self.get_response)
        return answer(request)


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """The strict policy everywhere; below /admin/ the one unfold needs. A view's own policy goes first."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if not report_only and parts.config is None and request.path_info.startswith("/admin/"):
            return replace(parts, config=settings.ADMIN_CONTENT_SECURITY_DIRECTIVES)
        return parts

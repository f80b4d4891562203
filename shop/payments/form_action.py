"""Form targets on other sites: browsers check the redirects of a form against the policy of its page, too."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse


def let_forms_lead_to(response: HttpResponse, origins: Sequence[str]) -> HttpResponse:
    """Add sites to the `form-action` of a response's content security policy."""
    if origins:
        response._csp_update = {"form-action": list(origins)}  # type: ignore[attr-defined]  # read by django-csp
    return response

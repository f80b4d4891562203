"""Strict everywhere; the relaxations unfold needs apply below /admin/ only."""

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from project.middleware import ContentSecurityPolicyMiddleware


def policy_at(path: str) -> dict[str, str]:
    middleware = ContentSecurityPolicyMiddleware(lambda request: HttpResponse())
    header = middleware(RequestFactory().get(path))["Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in header.split(";") if part.strip())


@pytest.mark.parametrize("path", ["/", "/cart/", "/auth/login/", "/administration/"])
def test_pages_of_visitors_run_no_inline_script_and_no_inline_style(path):
    policy = policy_at(path)

    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["object-src"] == "'none'"


def test_the_admin_may_evaluate_its_own_expressions():
    policy = policy_at("/admin/catalog/entry/")

    assert policy["script-src"] == "'self' 'unsafe-eval'"
    assert policy["style-src"] == "'self' 'unsafe-inline'"
    assert policy["object-src"] == "'none'"

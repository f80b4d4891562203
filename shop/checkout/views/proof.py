"""Proof of a visitor's address before the order is placed: for more places than addresses not proved may hold."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shop.checkout.views.state import Checkout
from shop.checkout.views.steps import REVIEW, step_view
from shop.orders.proof import proof_page


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@step_view(REVIEW)
def proof(request: HttpRequest, checkout: Checkout) -> HttpResponse:
    """Mail a code to the address typed at «your details», and take it; a signed-in person needs none."""
    if checkout.user is not None or checkout.details_form is None:
        return redirect(REVIEW.url)
    is_valid = checkout.details_form.is_valid()
    assert is_valid  # the step before is complete
    return proof_page(request, email=checkout.details_form.to_details().email, back=REVIEW.url, on_proof=lambda: None)

"""Page of the micro-forms."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shop.cart.services import confirm_units, copy_first_unit, save_units
from shop.checkout.forms.units import UnitsPage, pages_of, posted, units_on
from shop.checkout.views.state import Checkout, checkout_of
from shop.checkout.views.steps import UNITS, go_on, indicator, step_view


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@step_view(UNITS)
def units(request: HttpRequest, checkout: Checkout) -> HttpResponse:
    """Show one micro-form per unit, 25 a page. POST keeps the input, valid or not."""
    pages = pages_of(checkout.lines_with_forms)
    page = _page_asked_for(request, checkout, pages)
    if request.method == "POST":
        return _take_units(request, checkout, page)
    shown = units_on(page, checkout.unit_errors)
    return render(
        request,
        "checkout/units.html",
        {
            "steps": indicator(checkout, UNITS),
            "pages": pages,
            "page": page,
            "units": shown,
            "wrong": [unit for unit in shown if unit.form.errors],
            "all_optional": shown[0].form.may_be_blank,
        },
    )


def _page_asked_for(request: HttpRequest, checkout: Checkout, pages: list[UnitsPage]) -> UnitsPage:
    asked = request.GET.get("page", "")
    if asked.isascii() and asked.isdigit() and 1 <= int(asked[:6]) <= len(pages):
        return pages[int(asked[:6]) - 1]
    return pages[0] if asked else _first_open_page(checkout, pages)


def _first_open_page(checkout: Checkout, pages: list[UnitsPage]) -> UnitsPage:
    """Return the page of the first error, else of the first line that the customer has not gone through, else the
    first."""
    wrong = {(error.line_id, error.index) for error in checkout.unit_errors}
    for page in pages:
        if any((page.line.line.pk, index) in wrong for index in page.indexes):
            return page
    return next((page for page in pages if not page.line.line.units_confirmed), pages[0])


def _take_units(request: HttpRequest, checkout: Checkout, page: UnitsPage) -> HttpResponse:
    line = page.line.line
    here = f"{UNITS.url}?page={page.number}"
    typed = posted(page, request.POST)
    save_units(
        cart=checkout.cart,
        line_id=line.pk,
        answers={index: unit.answers for index, unit in typed.items()},
        fields={index: unit.fields for index, unit in typed.items()},
    )
    if copy := request.POST.get("copy"):
        targets = _units_to_fill(page, copy)
        copy_first_unit(cart=checkout.cart, line_id=line.pk, indexes=targets)
        return redirect(f"{here}#unit-{targets[0] + 1}" if targets else here)
    if "back" in request.POST:
        return redirect(f"{UNITS.url}?page={page.number - 1}" if page.number > 1 else reverse("cart"))
    return _after_units(request, page, here)


def _units_to_fill(page: UnitsPage, copy: str) -> list[int]:
    """Return the index of the unit whose copy button was pressed, as a list; [] if there is none."""
    index = int(copy) if copy.isascii() and copy.isdigit() and len(copy) < 6 else 0
    return [index] if index in page.indexes and index > 0 else []


def _after_units(request: HttpRequest, page: UnitsPage, here: str) -> HttpResponse:
    """Redirect to this page while it has errors, then to the next; after the last page, to the first page with an
    error."""
    checkout = checkout_of(request)
    if checkout is None:
        return redirect("cart")
    line_id = page.line.line.pk
    if any(error.line_id == line_id and error.index in page.indexes for error in checkout.unit_errors):
        return redirect(here)
    pages = pages_of(checkout.lines_with_forms)
    if page.number < len(pages):
        return redirect(f"{UNITS.url}?page={page.number + 1}")
    if checkout.unit_errors:
        return redirect(f"{UNITS.url}?page={_first_open_page(checkout, pages).number}")
    for line in checkout.lines_with_forms:
        confirm_units(cart=checkout.cart, line_id=line.line.pk, quantity=line.line.quantity)
    return go_on(request)

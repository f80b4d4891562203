"""Page of the micro-forms."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from common.numbers import whole_number
from common.templatetags.money import grouped
from shop.cart.current import GONE, why_cart_is_gone
from shop.cart.micro_forms import Typed
from shop.cart.pricing import PricedLine
from shop.cart.services import CartRefused, confirm_units, copy_first_unit, save_units
from shop.checkout.forms.pasted import LONGEST_PASTE, rows_typed
from shop.checkout.forms.units import Sent, UnitsPage, page_with, pages_of, sent_of, units_on
from shop.checkout.views.pasting import Pasting, paste_into
from shop.checkout.views.state import Checkout, checkout_of, checkout_to_keep
from shop.checkout.views.steps import UNITS, go_on, indicator, step_view


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def units(request: HttpRequest) -> HttpResponse:
    """Show one micro-form per unit, 25 a page. POST keeps the input, valid or not."""
    return _take_units(request) if request.method == "POST" else _show_units(request)


@step_view(UNITS)
def _show_units(request: HttpRequest, checkout: Checkout) -> HttpResponse:
    return _page(request, checkout, _page_asked_for(request, checkout))


def _page(
    request: HttpRequest,
    checkout: Checkout,
    page: UnitsPage,
    *,
    typed_here: Mapping[int, Typed] | None = None,
    rows: str = "",
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    shown = units_on(page, checkout.errors_across, typed_here=typed_here)
    return render(
        request,
        "checkout/units.html",
        {
            "steps": indicator(checkout, UNITS),
            "pages": pages_of(checkout.lines_with_forms),
            "page": page,
            "units": shown,
            "is_table": all(unit.fits_in_a_row for unit in shown),
            "wrong": [unit for unit in shown if unit.form.errors],
            "changed": [unit for unit in shown if unit.elsewhere],
            "all_optional": shown[0].form.may_be_blank,
            "rows": rows,
        },
        status=status,
    )


def _page_asked_for(request: HttpRequest, checkout: Checkout) -> UnitsPage:
    pages = pages_of(checkout.lines_with_forms)
    asked = request.GET.get("page", "")
    number = whole_number(asked, digits=6) or 0
    if 1 <= number <= len(pages):
        return pages[number - 1]
    return pages[0] if asked else _first_open_page(checkout, pages)


def _first_open_page(checkout: Checkout, pages: list[UnitsPage]) -> UnitsPage:
    """Return the page of the first error, else of the first line that the customer has not gone through, else the
    first."""
    wrong = {(error.line_id, error.index) for error in checkout.unit_errors}
    for page in pages:
        if any((page.line.line.pk, index) in wrong for index in page.indexes):
            return page
    return next((page for page in pages if not page.line.line.units_confirmed), pages[0])


def _take_units(request: HttpRequest) -> HttpResponse:
    checkout = checkout_to_keep(request)
    line = _line_sent(request, checkout)
    if checkout is None or line is None:
        return _not_kept(request, checkout)
    try:
        return _keep_units(request, checkout, line)
    except CartRefused as refusal:  # another tab was faster
        return _not_kept(request, checkout, reason=str(refusal))


def _keep_units(request: HttpRequest, checkout: Checkout, line: PricedLine) -> HttpResponse:
    """Keep what was sent, and do what the button pressed asks for. Raises CartRefused."""
    sent = sent_of(line, request.POST)
    changed = save_units(
        cart=checkout.cart,
        line_id=line.line.pk,
        answers={index: unit.answers for index, unit in sent.units.items()},
        fields={index: unit.fields for index, unit in sent.units.items()},
        made_from=sent.made_from,
        shown=sent.quantity_shown,
    )
    if changed:
        return _changed_elsewhere(request, line, {index: sent.units[index] for index in changed})
    _tell_quantity(request, line, sent)
    pasting = paste_into(request, line.line.pk)
    if pasting is not None:
        return _pasted(request, line, pasting)
    page = _page_sent(request, checkout, line, sent)
    here = _address(page)
    if copy := request.POST.get("copy"):
        targets = _units_to_fill(page, copy)
        copy_first_unit(cart=checkout.cart, line_id=line.line.pk, indexes=targets)
        return redirect(f"{here}#unit-{targets[0] + 1}" if targets else here)
    if "back" in request.POST:
        return redirect(f"{UNITS.url}?page={page.number - 1}" if page.number > 1 else reverse("cart"))
    return _after_units(request, page, sent)


def _address(page: UnitsPage) -> str:
    return f"{UNITS.url}?page={page.number}"


def _line_sent(request: HttpRequest, checkout: Checkout | None) -> PricedLine | None:
    """Return the line that the form names; that of the page in the address if it names none."""
    if checkout is None or not checkout.lines_with_forms:
        return None
    named = request.POST.get("line")
    if named is None:
        return _page_asked_for(request, checkout).line
    return next((line for line in checkout.lines_with_forms if str(line.line.pk) == named), None)


def _page_sent(request: HttpRequest, checkout: Checkout, line: PricedLine, sent: Sent) -> UnitsPage:
    if not sent.units:
        return _page_asked_for(request, checkout)
    return page_with(pages_of(checkout.lines_with_forms), line.line.pk, min(sent.units))


def _not_kept(request: HttpRequest, checkout: Checkout | None, *, reason: str = "") -> HttpResponse:
    """Show what was typed for a line or a cart that is not there any more, so that it can be used again."""
    rows = "\n".join(filter(None, (rows_typed(request.POST), request.POST.get("rows", "")[:LONGEST_PASTE])))
    if not reason and checkout is None:
        reason = why_cart_is_gone(request) or str(GONE)
    elif not reason:
        reason = _("This entry is no longer in your cart: it was removed elsewhere.")
    if not rows:
        if "line" in request.POST or checkout is None:
            messages.warning(request, reason)
        return go_on(request)
    return render(request, "checkout/not_kept.html", {"reason": reason, "rows": rows}, status=HTTPStatus.CONFLICT)


def _changed_elsewhere(request: HttpRequest, line: PricedLine, typed_here: dict[int, Typed]) -> HttpResponse:
    """Show the page of the first unit that was changed elsewhere: its values now, and in its fields those typed
    here."""
    checkout = checkout_to_keep(request)
    pages = pages_of(checkout.lines_with_forms) if checkout else []
    here = [page for page in pages if page.line.line.pk == line.line.pk]
    if checkout is None or not here:
        return _not_kept(request, checkout)
    if max(typed_here) >= here[-1].last:
        return _not_kept(request, checkout, reason=_("The quantity, and what you typed, were changed elsewhere."))
    page = page_with(here, line.line.pk, min(typed_here))
    rows = request.POST.get("rows", "")[:LONGEST_PASTE]
    return _page(request, checkout, page, typed_here=typed_here, rows=rows, status=HTTPStatus.CONFLICT)


def _tell_quantity(request: HttpRequest, line: PricedLine, sent: Sent) -> None:
    if sent.quantity_shown in (0, line.line.quantity):
        return
    told = _(
        "The quantity of %(name)s was changed elsewhere, to %(quantity)s. What you typed is kept. Please look at its "
        "forms again."
    )
    messages.warning(request, told % {"name": line.entry_name, "quantity": grouped(line.line.quantity)})


def _pasted(request: HttpRequest, line: PricedLine, pasting: Pasting) -> HttpResponse:
    """Lead to the first form filled in; rows for which no unit was free stay in their field."""
    checkout = checkout_to_keep(request)
    pages = pages_of(checkout.lines_with_forms) if checkout else []
    if checkout is None or not any(page.line.line.pk == line.line.pk for page in pages):
        return redirect("cart")
    first = min(pasting.filled, default=0)
    page = page_with(pages, line.line.pk, first)
    if pasting.rows_left:
        return _page(request, checkout, page, rows=pasting.rows_left)
    return redirect(f"{_address(page)}#unit-{first + 1}")


def _units_to_fill(page: UnitsPage, copy: str) -> list[int]:
    """Return the index of the unit whose copy button was pressed, as a list; [] if there is none."""
    index = whole_number(copy, digits=5) or 0
    return [index] if index in page.indexes and index > 0 else []


def _after_units(request: HttpRequest, page: UnitsPage, sent: Sent) -> HttpResponse:
    """Redirect to this page while it has errors or its quantity was changed, then to the next; after the last page, to
    the first page with an error."""
    checkout = checkout_of(request)
    if checkout is None:
        messages.warning(request, _("What you typed is kept. First the cart needs your attention."))
        return redirect("cart")
    line = page.line.line
    has_errors = any(error.line_id == line.pk and error.index in page.indexes for error in checkout.unit_errors)
    if has_errors or sent.quantity_shown not in (0, line.quantity):
        return redirect(_address(page))
    pages = pages_of(checkout.lines_with_forms)
    if page.number < len(pages):
        return redirect(f"{UNITS.url}?page={page.number + 1}")
    if checkout.unit_errors:
        return redirect(_address(_first_open_page(checkout, pages)))
    for priced in checkout.lines_with_forms:
        line = priced.line
        line.units_confirmed = confirm_units(cart=checkout.cart, line_id=line.pk, quantity=line.quantity)
    are_all = all(priced.line.units_confirmed for priced in checkout.lines_with_forms)
    # A quantity changed at this very moment is read again, and told.
    return go_on(request, checkout if are_all else None)

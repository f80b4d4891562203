"""Page of an order, and list of a person's orders."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.members.current import AccountRequest, account_page
from accounts.members.rights import Right
from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften, count_attempt
from shop.cart.current import signed_in
from shop.orders.answers import Answer, unit_in_words
from shop.orders.claim import ClaimRefused, accounts_to_move_into, move_claimed_order
from shop.orders.ending import OrderNotCancellable, cancel_order
from shop.orders.models import Order
from shop.orders.placed_here import was_placed_here
from shop.orders.selectors import (
    LineView,
    OrderView,
    Phase,
    Sight,
    order_by_token,
    order_page,
    orders_visible_to,
    sight_of,
)
from shop.pages.frame import site_of
from shop.payments.form_action import let_forms_lead_to
from shop.payments.registry import origins
from shop.payments.services import MethodNotAllowed, choose_method
from shop.seller.frozen import bank_details, seller_of

ORDERS_PER_PAGE = 25
UNCHANGED = 204


@never_cache
@require_safe
def order(request: HttpRequest, token: str) -> HttpResponse:
    """Show an order: its progress, the next step, and its lines. Redirects a visitor without access to the sign-in
    page; raises Http404 for an unknown token, and for a person without access."""
    found = order_by_token(token)
    if found is None:
        raise Http404
    sight = _sight(request, found)
    if sight is None and signed_in(request) is None:
        return redirect_to_login(request.get_full_path())
    if sight is None:
        raise Http404
    page = render(request, "orders/page.html", _context(request, order_page(found, sight=sight)))
    return let_forms_lead_to(page, origins())


@never_cache
@require_safe
def order_state(request: HttpRequest, token: str) -> HttpResponse:
    """Return the body of the order's page if it has changed, for the script that polls; 204 if it has not."""
    found, sight = _seen_order(request, token)
    view = order_page(found, sight=sight)
    if request.GET.get("seen") == view.seen:
        return HttpResponse(status=UNCHANGED)
    return render(request, "orders/body.html", _context(request, view) | {"is_update": True})


@require_POST
def order_pay(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a payment method; redirect to where it is paid."""
    found, sight = _seen_order(request, token)
    if not sight.may_pay:
        raise Http404
    now = timezone.now()
    try:
        count_attempt(what="payment method", who=str(found.pk), now=now)
        provider = choose_method(
            order_id=found.pk, method=request.POST.get("method", ""), actor=signed_in(request), now=now
        )
    except TooOften as refused:
        return too_often(request, refused.seconds)
    except MethodNotAllowed as refusal:
        messages.error(request, str(refusal))
        return redirect("order", found.token)
    start = provider.start_url(found)
    return redirect(start) if start else redirect("order", found.token)


@require_POST
def order_cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Cancel an unpaid order."""
    found, sight = _seen_order(request, token)
    if not sight.may_pay:
        raise Http404
    try:
        cancel_order(order_id=found.pk, actor=signed_in(request), now=timezone.now())
    except OrderNotCancellable as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The order is cancelled. Nothing is charged."))
    return redirect("order", found.token)


@require_POST
@login_required
def order_move(request: HttpRequest, token: str) -> HttpResponse:
    """Move a claimed order into another account of its claimant."""
    found, _sight_of_it = _seen_order(request, token)
    user = signed_in(request)
    typed = request.POST.get("account", "")
    account_id = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 18 else 0
    assert user is not None  # login_required
    try:
        move_claimed_order(order_id=found.pk, user=user, account_id=account_id, now=timezone.now())
    except ClaimRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The order and everything it delivered now belong to that account."))
    return redirect("order", found.token)


@never_cache
@require_safe
@account_page(Right.SEE_ALL_ORDERS, Right.SEE_OWN_ORDERS)
def my_orders(request: AccountRequest) -> HttpResponse:
    """List the orders of the account that a person may see."""
    orders = orders_visible_to(request.user).filter(account=request.account)
    page = Paginator(orders, ORDERS_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "orders/list.html", {"page": page, "account": request.account})


def _sight(request: HttpRequest, found: Order) -> Sight | None:
    return sight_of(found, viewer=signed_in(request), placed_here=was_placed_here(request, found))


def _seen_order(request: HttpRequest, token: str) -> tuple[Order, Sight]:
    """Return the order and the rights of the person on it. Raises Http404 if the order is hidden from the person."""
    found = order_by_token(token)
    sight = _sight(request, found) if found is not None else None
    if found is None or sight is None:
        raise Http404
    return found, sight


def _context(request: HttpRequest, view: OrderView) -> dict[str, object]:
    user = signed_in(request)
    is_told_to_pay = view.phase == Phase.AWAITING_MONEY
    return {
        "view": view,
        "order": view.order,
        "lines": [(line, _filled_in(line)) for line in view.lines],
        "seller": seller_of(view.order),
        "bank": bank_details(view.order, seller=site_of(request).seller) if is_told_to_pay else None,
        "accounts_to_move_into": accounts_to_move_into(view.order, user) if user and view.sight.is_member else [],
    }


def _filled_in(line: LineView) -> list[tuple[int, list[Answer]]]:
    """Return number and answers of each unit whose micro-form was not left blank."""
    told = ((unit.index + 1, unit_in_words(line.line, line.form_class, unit)) for unit in line.units)
    return [(number, answers) for number, answers in told if answers]

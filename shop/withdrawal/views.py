"""Withdrawal function: form, confirmation and acknowledgement, reached by the order's token without a sign-in."""

from __future__ import annotations

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften, count_attempt
from shop.cart.current import signed_in
from shop.orders.selectors import order_by_token
from shop.withdrawal.delay import withdrawable_lines
from shop.withdrawal.forms import WithdrawalForm
from shop.withdrawal.selectors import right_to_withdraw
from shop.withdrawal.services import WithdrawalOver, withdraw_from_contract


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for the declaration, show it with the button that confirms it, and receive it.

    Anybody with the token may, as the law asks; nothing of a person is shown to them. Raises Http404 for an unknown
    token, and for an order without the right to withdraw.
    """
    order, now = order_by_token(token), timezone.now()
    right = right_to_withdraw(order, now=now) if order is not None else None
    if order is None or right is None:
        raise Http404
    posted = request.POST if request.method == "POST" and right.is_open else None
    form = WithdrawalForm(posted, label_suffix="")
    context = {"order": order, "lines": withdrawable_lines(order), "right": right, "form": form}
    if not form.is_valid():
        return render(request, "withdrawal/withdraw.html", context)
    if "confirm" not in request.POST:
        return render(request, "withdrawal/confirm.html", context)
    try:
        count_attempt(what="withdrawal", who=str(order.pk), now=now)
        withdraw_from_contract(order_id=order.pk, now=now, actor=signed_in(request), **form.cleaned_data)
    except TooOften as refused:
        return too_often(request, refused.seconds)
    except WithdrawalOver as refusal:
        form.add_error(None, str(refusal))
        return render(request, "withdrawal/withdraw.html", context, status=HTTPStatus.CONFLICT)
    return redirect("order-withdraw", order.token)

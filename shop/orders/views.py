"""Page of an order, and list of a person's orders."""

from __future__ import annotations

from contextlib import suppress

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.members.current import AccountRequest, account_page
from accounts.members.rights import Right, accounts_with
from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften, count_attempt
from common.moments import local_day
from common.numbers import whole_number
from shop.cart.current import signed_in
from shop.orders.again import mail_again
from shop.orders.answers import Answer, unit_in_words
from shop.orders.billing.selectors import is_issued, sees_billing
from shop.orders.claim import ClaimRefused, accounts_to_move_into, claim_by_button, may_claim, move_claimed_order
from shop.orders.ending import OrderNotCancellable, cancel_order
from shop.orders.lines.shown import prices_shown
from shop.orders.mails import has_outside_payer
from shop.orders.models import Order
from shop.orders.next_steps import steps_of_page
from shop.orders.places import are_places_gone, prove_order
from shop.orders.proof import proof_page
from shop.orders.seen import seen_order, sight_in
from shop.orders.selectors import (
    LineView,
    OrderView,
    Phase,
    order_by_token,
    order_page,
    orders_visible_to,
)
from shop.orders.standing import CONFIRMED, standing_of, with_standing
from shop.orders.unclaimed import waiting_part
from shop.pages.frame import site_of
from shop.papers.pro_forma import may_have_pro_forma
from shop.papers.selectors import papers_told_of
from shop.payments.attempts.services import ProviderSilent, start_payment
from shop.payments.credit.services import CreditTooSmall, pay_by_credit
from shop.payments.form_action import let_forms_lead_to
from shop.payments.models import Payment
from shop.payments.on_account.services import NotOnAccount, buy_on_account
from shop.payments.registry import get_provider, origins
from shop.payments.requests.promises import PlacesGone
from shop.payments.saved_cards.saving import card_view
from shop.payments.services import MethodNotAllowed, allowed_method, choose_method
from shop.payments.under_way import UnderWay, under_way
from shop.postings.facts import CREDIT
from shop.seller.frozen import bank_details, seller_of
from shop.withdrawal.selectors import right_to_withdraw

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
    sight = sight_in(request, found)
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
    found, sight = seen_order(request, token)
    view = order_page(found, sight=sight)
    if request.GET.get("seen") == view.seen:
        return HttpResponse(status=UNCHANGED)
    return render(request, "orders/body.html", _context(request, view) | {"is_update": True})


@require_POST
def order_pay(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a payment method; redirect to where it is paid."""
    found, sight = seen_order(request, token)
    if not sight.may_pay:
        raise Http404
    if are_places_gone(found):
        messages.error(request, _("The places of this order are taken by others for now: please do not pay it yet."))
        return redirect("order", found.token)
    now = timezone.now()
    try:
        count_attempt(what="payment method", who=str(found.pk), now=now)
        method = request.POST.get("method", "")
        named = get_provider(method)
        if named is not None and named.is_promise:
            pay = pay_by_credit if named.name == CREDIT else buy_on_account
            pay(order_id=found.pk, actor=signed_in(request), now=now)
            return redirect("order", found.token)
        provider = (
            allowed_method(found, method)
            if found.status in CONFIRMED
            else choose_method(order_id=found.pk, method=method, actor=signed_in(request), now=now)
        )
    except TooOften as refused:
        return too_often(request, refused.seconds)
    except (MethodNotAllowed, NotOnAccount, CreditTooSmall, PlacesGone) as refusal:
        messages.error(request, str(refusal))
        return redirect("order", found.token)
    if not provider.has_page:
        return redirect("order", found.token)
    try:
        attempt = start_payment(order=found, provider=provider, now=now, by_link=False)
    except (MethodNotAllowed, ProviderSilent) as refusal:
        messages.error(request, str(refusal))
        return redirect("order", found.token)
    return redirect(attempt.url)


@require_POST
def order_cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Cancel an unpaid order."""
    found, sight = seen_order(request, token)
    if not sight.may_pay:
        raise Http404
    try:
        cancel_order(order_id=found.pk, actor=signed_in(request), now=timezone.now())
    except OrderNotCancellable as refusal:
        messages.error(request, str(refusal))
    else:
        payments = list(found.payments.all())
        is_paid_in_part = any(payment.status == Payment.Status.SUCCEEDED for payment in payments)
        if under_way(found, payments) == UnderWay.NOTHING and not is_paid_in_part:
            messages.success(request, _("The order is cancelled. Nothing is charged."))
        else:
            messages.warning(request, _("The order is cancelled. Read below what becomes of your payment."))
    return redirect("order", found.token)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def order_claim(request: HttpRequest, token: str) -> HttpResponse:
    """Claim an order for a person who has proved its address. A GET, as after signing in, redirects to the order."""
    found, _sight_of_it = seen_order(request, token)
    user = signed_in(request)
    assert user is not None  # login_required
    if request.method == "POST":
        account_id = _posted_account(request) if request.POST.get("account") else None
        try:
            claim_by_button(order_id=found.pk, user=user, account_id=account_id, now=timezone.now())
        except ClaimRefused as refusal:
            # Claimed by the same person in another tab: nothing is left to do.
            if not Order.objects.filter(pk=found.pk, buyer=user).exists():
                messages.error(request, str(refusal))
        else:
            messages.success(request, _("This order is yours now. You find it among the orders of your account."))
    return redirect("order", found.token)


@require_POST
def order_mail(request: HttpRequest, token: str) -> HttpResponse:
    """Mail the order's page and its link again, to its own address alone. One answer, whatever is mailed."""
    found, _sight_of_it = seen_order(request, token)
    now = timezone.now()
    if not found.is_claimed:
        with suppress(TooOften):
            count_attempt(what="mail of a link", who=found.contact_email, now=now)
            mail_again(order_id=found.pk, now=now)
    messages.success(
        request,
        _("The mail is on its way. Look into the folder for unwanted mail, too; we send no more than a few an hour."),
    )
    return redirect("order", found.token)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def order_proof(request: HttpRequest, token: str) -> HttpResponse:
    """Mail a code to the order's own address, and take it: the order then keeps its places, or has them again."""
    found, _sight_of_it = seen_order(request, token)
    if found.is_proved or found.status != Order.Status.PLACED or not found.contact_email:
        return redirect("order", found.token)

    def prove() -> None:
        proved = prove_order(order_id=found.pk, actor=signed_in(request), now=timezone.now())
        if proved.has_lost_places:
            messages.warning(request, _("The address is yours. The places went to others meanwhile: see below."))
        else:
            messages.success(request, _("The address is yours: your places are kept as long as your order."))

    back = reverse("order", args=[found.token])
    return proof_page(request, email=found.contact_email, back=back, on_proof=prove)


@require_POST
@login_required
def order_move(request: HttpRequest, token: str) -> HttpResponse:
    """Move a claimed order into another account of its claimant."""
    found, _sight_of_it = seen_order(request, token)
    user = signed_in(request)
    assert user is not None  # login_required
    try:
        move_claimed_order(order_id=found.pk, user=user, account_id=_posted_account(request), now=timezone.now())
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
    orders = with_standing(orders_visible_to(request.user).filter(account=request.account))
    page = Paginator(orders, ORDERS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "standings": [standing_of(order) for order in page],
        "account": request.account,
        "waiting": waiting_part(request, request.user),
    }
    return render(request, "orders/list.html", context)


def _posted_account(request: HttpRequest) -> int:
    """Return the key of the account posted; 0, which no account has, for anything else."""
    return whole_number(request.POST.get("account", "")) or 0


def _context(request: HttpRequest, view: OrderView) -> dict[str, object]:
    user = signed_in(request)
    is_told_to_pay = view.phase == Phase.AWAITING_MONEY or view.still_owed_by_buyer > 0
    steps = steps_of_page(view, viewer=user, now=timezone.now())
    is_theirs = user is not None and may_claim(view.order, user)
    papers = list(papers_told_of(view.order)) if view.sight.sees_papers and view.order.has_papers else []
    return {
        "view": view,
        "order": view.order,
        "right": right_to_withdraw(view.order, now=timezone.now()),
        "lines": [(line, _filled_in(line), steps.get(line.line.pk, [])) for line in view.lines],
        **prices_shown([line.line for line in view.lines]),
        "may_claim": is_theirs,
        "has_outside_payer": has_outside_payer(view.order),
        "accounts": list(accounts_with(user, Right.MANAGE_ACCOUNT)) if user and is_theirs else [],
        "seller": seller_of(view.order),
        "card": card_view(view.order, view.asked, view.methods, now=timezone.now()) if view.sight.may_pay else None,
        "bank": bank_details(view.order, seller=site_of(request).seller) if is_told_to_pay else None,
        "today": local_day(timezone.now()),
        "papers": papers,
        "may_correct": sees_billing(view.order, view.sight) and not view.has_ended_unpaid,
        "is_issued": is_issued(paper.kind for paper in papers),
        "may_have_pro_forma": view.sight.sees_papers and may_have_pro_forma(view.order),
        "accounts_to_move_into": accounts_to_move_into(view.order, user) if user and view.sight.is_member else [],
    }


def _filled_in(line: LineView) -> list[tuple[int, list[Answer]]]:
    """Return number and answers of each unit whose micro-form was not left blank."""
    told = ((unit.index + 1, unit_in_words(line.line, line.form_class, unit)) for unit in line.units)
    return [(number, answers) for number, answers in told if answers]

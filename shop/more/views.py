"""More of the same: an entry that an account has goes into the cart again, or those who may buy are asked for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.members.current import AccountRequest, account_page
from accounts.members.parts import Part
from accounts.members.rights import Right, rights_of
from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften, count_attempt
from catalog.guards import is_customer
from catalog.models.entries import Entry
from catalog.offers import buyability
from catalog.selectors import get_entry
from common.languages import in_reader_language
from common.numbers import whole_number
from common.words import Text
from enrolments.scope import seats_within
from enrolments.seats.models import Seat
from shop.cart.current import put_into_cart
from shop.cart.forms import AddToCartForm
from shop.cart.services import CartRefused
from shop.more.bought import Bought, find_bought
from shop.more.forms import AskBuyersForm
from shop.more.services import NobodyBuys, ask_buyers
from shop.pages.frame import site_of


@never_cache
@account_page(Right.BUY, Right.MANAGE_SEATS, Right.WORK_IN_PART)
@require_http_methods(["GET", "HEAD", "POST"])
def more(request: AccountRequest, code: str) -> HttpResponse:
    """Show how many more units of an entry are wanted. POST puts them into the cart of a member who may buy; an
    operator who may not asks those who may, by `ask`."""
    bought = find_bought(request.account, code)
    rights = rights_of(request.membership)
    if bought is None or not (rights & {Right.BUY, Right.MANAGE_SEATS} or _is_within(request, bought)):
        raise Http404
    return _buy(request, bought) if Right.BUY in rights else _ask(request, bought)


def _is_within(request: AccountRequest, bought: Bought) -> bool:
    """Tell whether the part of the account that an operator works with has seats of an entry."""
    seats = Seat.objects.filter(account=request.account, batch__entry_code=bought.code)
    return seats_within(seats, request.account, Part.of(request.membership)).exists()


@dataclass(frozen=True)
class Sale:
    """Sale of an entry now, to one person. Without `entry` nobody can buy it; `reason` says why this person cannot."""

    name: str
    entry: Entry | None = None
    reason: Text = ""
    min_quantity: int = 1


def _buy(request: AccountRequest, bought: Bought) -> HttpResponse:
    sale = _sale_of(request, bought)
    form = AddToCartForm(_posted(request), initial=_wanted(request, sale))
    if sale.entry is not None and form.is_bound and form.is_valid():
        try:
            put_into_cart(request, sale.entry, form.cleaned_data["quantity"])
        except CartRefused as refusal:
            form.add_error("quantity", str(refusal))
        except TooOften as refused:
            return too_often(request, refused.seconds)
        else:
            messages.success(request, _("“%(name)s” is in your cart.") % {"name": sale.name})
            return redirect("cart")
    return _page(request, bought, form, sale, may_buy=True)


def _ask(request: AccountRequest, bought: Bought) -> HttpResponse:
    if request.method == "POST" and "ask" not in request.POST:
        # The button beside the seats knows of no rights: its number goes along.
        address = reverse("account-more", args=[request.account.pk, bought.code])
        return redirect(f"{address}?{urlencode({'quantity': request.POST.get('quantity', '')[:10]})}")
    sale, now = _sale_of(request, bought), timezone.now()
    form = AskBuyersForm(_posted(request), initial=_wanted(request, sale))
    if sale.entry is not None and form.is_bound and form.is_valid():
        try:
            count_attempt(what="wish to buy by person", who=str(request.user.pk), now=now)
            count_attempt(what="wish to buy by account", who=str(request.account.pk), now=now)
            ask_buyers(
                account=request.account,
                bought=bought,
                quantity=form.cleaned_data["quantity"],
                words=form.cleaned_data["words"],
                operator=request.user,
                language=get_language() or "",
                now=now,
            )
        except TooOften as refused:
            form.add_error(None, _("Those who buy were asked often lately. %(wait)s") % {"wait": refused})
        except NobodyBuys as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("A mail to those who buy for your account is on its way."))
            return redirect("account-seats", request.account.pk)
    return _page(request, bought, form, sale, may_buy=False)


def _posted(request: AccountRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _sale_of(request: AccountRequest, bought: Bought) -> Sale:
    shopper = replace(site_of(request).shopper, is_customer=is_customer(request.user))
    entry = get_entry(code=bought.code, shopper=shopper)
    if entry is None:
        return Sale(in_reader_language(bought.name))
    verdict = buyability(entry=entry, shopper=shopper, now=timezone.now())
    return Sale(entry.name, None if verdict.is_gone else entry, verdict.message, verdict.offer.min_quantity)


def _wanted(request: AccountRequest, sale: Sale) -> dict[str, int]:
    return {"quantity": whole_number(request.GET.get("quantity", ""), digits=6) or sale.min_quantity}


def _page(request: AccountRequest, bought: Bought, form: AddToCartForm, sale: Sale, *, may_buy: bool) -> HttpResponse:
    context = {
        "account": request.account,
        "bought": bought,
        "form": form,
        "sale": sale,
        "may_buy": may_buy,
        "manages_seats": bool(rights_of(request.membership) & {Right.MANAGE_SEATS, Right.WORK_IN_PART}),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "more/more.html", context, status=status)

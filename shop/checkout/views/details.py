"""Entry of the checkout, and the page «your details»."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.members.current import current_account
from accounts.members.rights import Right
from accounts.rate_limits.by_network import count_from_network
from accounts.rate_limits.services import TooOften
from shop.cart.services import save_details
from shop.checkout.forms.details import DetailsForm, accounts_to_buy_for, as_typed, details_form
from shop.checkout.views.state import Checkout
from shop.checkout.views.steps import DETAILS, go_on, indicator, step_view
from shop.pages.frame import site_of
from shop.vat_ids.services import ask_before_order, decides_on_tax


@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Redirect to the first incomplete step."""
    return go_on(request)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@step_view(DETAILS)
def details(request: HttpRequest, checkout: Checkout) -> HttpResponse:
    """Ask for the details. A visitor may type any address: the page does not reveal whether the shop knows it."""
    accounts = accounts_to_buy_for(checkout.user)
    if request.method == "POST":
        kept = as_typed(request.POST, user=checkout.user)
        form = details_form(kept, user=checkout.user, entries=checkout.entries)
        if form is None:
            messages.error(request, _("You cannot buy for this account. Choose another one."))
            return redirect(DETAILS.url)
        save_details(cart=checkout.cart, details=kept)
        if form.is_valid():
            _ask_about_number(request, form, now=checkout.now)
            return go_on(request, checkout.with_details(kept, form))
    else:
        form = _form_to_show(request, checkout)
    return render(
        request,
        "checkout/details.html",
        {
            "steps": indicator(checkout, DETAILS),
            "form": form,
            "cart": checkout.priced,
            "accounts": accounts,
            "chosen": form.chosen_account,
        },
    )


def _ask_about_number(request: HttpRequest, form: DetailsForm, *, now: datetime) -> None:
    """Have the VAT number checked, where the answer decides on the tax. From a network that asks too often the order
    alone has its number checked."""
    details = form.to_details()
    if not details.vat_id or not decides_on_tax(details, seller=site_of(request).seller):
        return
    try:
        count_from_network(request, what="VAT number", now=now)
    except TooOften:
        return
    ask_before_order(details, now=now)


def _form_to_show(request: HttpRequest, checkout: Checkout) -> DetailsForm:
    """Return the form with the input kept, else one for the account in which the person works; if `?account=` chooses
    another account, a form with the data of that account."""
    kept, user = checkout.details_form, checkout.user
    asked = request.GET.get("account")
    if kept is not None and (asked is None or asked == kept.data.get("account", "")):
        return kept
    if asked is None:
        chosen = current_account(request, Right.BUY)
    else:
        chosen = next((account for account in accounts_to_buy_for(user) if str(account.pk) == asked), None)
    typed_before = {name: value for name, value in checkout.cart.details.items() if value and name != "account"}
    return DetailsForm(user=user, account=chosen, typed_before=typed_before)

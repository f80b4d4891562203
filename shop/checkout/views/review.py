"""Review of an order, and the placing of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.members.trust import may_mail_strangers
from accounts.people.address_codes import is_proved_here
from accounts.rate_limits.by_network import count_from_wide_network
from accounts.rate_limits.others import NotBeforePayment, count_mail_to_other
from accounts.rate_limits.services import TooOften, count_attempt
from common.numbers import whole_number
from common.plain_rows import plain_row
from common.refusals import Sentence
from shop.cart.current import bring_what_waits, session_token, signed_in, visitor_key
from shop.cart.models import Cart
from shop.cart.pricing import PricedLine
from shop.checkout.draft import Draft, draft_order, is_all_digital, needs_waiver
from shop.checkout.errors import (
    CartEmpty,
    CheckoutRefused,
    DetailsRefused,
    EntryNotOnSale,
    HandlerRefused,
    ProofNeeded,
    TooManyUnpaidOrders,
    TotalChanged,
    UnitsIncomplete,
)
from shop.checkout.forms.details import DetailsForm
from shop.checkout.forms.review import ReviewForm
from shop.checkout.place import Consent, Shown, place_order
from shop.checkout.shown import shown_in
from shop.checkout.views.mending import first_unit_error, linked
from shop.checkout.views.state import Checkout
from shop.checkout.views.steps import DETAILS, REVIEW, UNITS, indicator, step_view
from shop.orders.answers import Answer, form_in_words
from shop.orders.models import Order
from shop.orders.placed_here import remember_placed, was_placed_here
from shop.payments.plans.wording import plan_in_words
from shop.seller.models import LegalText

TRY_AGAIN_SECONDS = 60 * 60


@dataclass(frozen=True)
class LineShown:
    """Line with the answers of its micro-forms."""

    priced: PricedLine
    units: list[list[Answer]]

    @classmethod
    def of(cls, line: PricedLine) -> LineShown:
        return cls(line, [form_in_words(form) for form in line.units.forms])


@dataclass(frozen=True)
class Notice:
    """Sentences above the review, with a link to the place where to mend it; empty if there is nothing to say."""

    sentences: tuple[Sentence, ...] = ()
    url: str = ""
    label: str = ""
    is_change: bool = False

    def __str__(self) -> str:
        return " ".join(map(str, self.sentences))


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest) -> HttpResponse:
    """Show exactly what will be ordered and its price; POST places the order. Posting twice leads to the same order."""
    if request.method != "POST":
        return _review(request)
    order = _already_placed(request)
    answer = _review(request) if order is None else None
    if isinstance(answer, _Placed):
        return answer
    # Read again: another press of the button may have placed the order while this request ran.
    order = order or _already_placed(request)
    if order is not None:
        return redirect("order", order.token)
    assert answer is not None
    return answer


class _Placed(HttpResponseRedirect):
    """Redirect to the order that this request placed."""


def _already_placed(request: HttpRequest) -> Order | None:
    """Return the order already made from this very cart, so that a second press of the button leads to it; else
    None."""
    token, user = request.POST.get("cart", ""), signed_in(request)
    cart = plain_row(Cart, "WHERE token = %s AND ordered_at IS NOT NULL", [token.replace("\0", "")[:43]])
    order = plain_row(Order, "WHERE cart_id = %s", [cart.pk]) if cart is not None else None
    if cart is None or order is None:
        return None
    if user is not None:
        return order if cart.user_id == user.pk else None
    is_own = cart.token == session_token(request) or was_placed_here(request, order)
    return order if cart.user_id is None and is_own else None


@step_view(REVIEW)
def _review(request: HttpRequest, checkout: Checkout) -> HttpResponse:
    details = checkout.details_form
    assert details is not None
    is_valid = details.is_valid()
    assert is_valid  # the step before is complete
    draft = _draft(checkout, details)
    form = form_for(draft, request.POST if request.method == "POST" else None)
    notice, status = Notice(), HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            order = _place(request, checkout, details, form, draft)
        except (CartEmpty, EntryNotOnSale) as refusal:
            messages.error(request, str(refusal))
            return redirect("cart")
        except UnitsIncomplete as refusal:
            messages.error(request, first_unit_error(checkout.lines_with_forms, refusal.errors) or str(refusal))
            return redirect(UNITS.url)
        except DetailsRefused as refusal:
            field = f"{DETAILS.url}#id_{refusal.field}" if refusal.field else DETAILS.url
            messages.error(request, linked(str(refusal), field, DETAILS.label))
            return redirect(DETAILS.url)
        except TotalChanged as refusal:
            # Consent belongs to what was shown, so the boxes are cleared.
            notice, form = Notice(refusal.changes, is_change=True), form_for(draft, chosen=request.POST.get("plan", ""))
        except HandlerRefused as refusal:
            notice = Notice((str(refusal),), reverse("cart"), _("Change the cart"))
        except ProofNeeded as refusal:
            notice = _asking_for_proof(str(refusal))
        except TooManyUnpaidOrders as refusal:
            notice = _asking_for_proof(str(refusal))
            if checkout.user is not None:
                notice = Notice((str(refusal),), reverse("account-orders"), _("Orders"))
        except CheckoutRefused as refusal:
            notice = Notice((str(refusal),), "#agree", _("Before you order"))
        except NotBeforePayment as refusal:
            status = HTTPStatus.TOO_MANY_REQUESTS
            notice = Notice((str(refusal),))
        except TooOften:
            # One text for all limits, so that it does not reveal anything about an address.
            status = HTTPStatus.TOO_MANY_REQUESTS
            too_often = _(
                "Many orders were placed within an hour, from here or for this address. Your cart and your details are "
                "kept: please place the order in an hour."
            )
            notice = Notice((too_often,)) if checkout.user is not None else _asking_for_proof(too_often)
        else:
            remember_placed(request, order)
            bring_what_waits(request, checkout.user)
            return _Placed(reverse("order", args=[order.token]))
    page = _page(checkout, details, draft, form, notice)
    response = render(request, "checkout/review.html", page, status=status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        response["Retry-After"] = str(TRY_AGAIN_SECONDS)
    return response


def _asking_for_proof(refusal: Sentence) -> Notice:
    """Return a refusal that a visitor may overcome by proving their address: no stranger's orders count for it then."""
    return Notice((refusal,), reverse("checkout-proof"), _("Show that the address is yours, by a code from a mail"))


def _is_proved(request: HttpRequest, details: DetailsForm, now: datetime) -> bool:
    return is_proved_here(request.session, email=details.to_details().email, now=now)


def _count_attempt(request: HttpRequest, details: DetailsForm, now: datetime) -> None:
    """Count an attempt for the visitor and for each address that will be mailed, except an address that the person has
    proved, signed in or by a code, and the payer's address on record with the account. Raises TooOften."""
    count_attempt(what="order", who=visitor_key(request, has_account=False), now=now)
    if signed_in(request) is None:
        count_from_wide_network(request, what="order", now=now)
    placed = details.to_details()
    account = details.chosen_account
    is_proved = signed_in(request) is not None or _is_proved(request, details, now)
    known = {"", account.payer_email if account else "", placed.email if is_proved else ""}
    for address in sorted({placed.email, placed.payer_email} - known):
        count_attempt(what="order to address", who=address, now=now)


def _count_people_of_free(request: HttpRequest, checkout: Checkout, details: DetailsForm, now: datetime) -> None:
    """Count the people named in an order that costs nothing like all others whom somebody has the shop write to: nobody
    pays for those mails. All of them or none: a refused order mails nobody. Raises TooOften and NotBeforePayment."""
    placed, account, user = details.to_details(), details.chosen_account, checkout.user
    named = {address for line in checkout.lines_with_forms for form in line.units.forms for address in form.addresses}
    has_paid = account is not None and may_mail_strangers(account.pk)
    with transaction.atomic():
        for address in sorted(named - {placed.email, user.email if user else ""}):
            count_mail_to_other(request, email=address, by=user, has_paid=has_paid, now=now)


def _place(request: HttpRequest, checkout: Checkout, details: DetailsForm, form: ReviewForm, draft: Draft) -> Order:
    _count_attempt(request, details, checkout.now)
    if draft.gross == 0 and Shown.of(draft) == _shown(request, checkout):
        _count_people_of_free(request, checkout, details, checkout.now)
    return place_order(
        cart_token=checkout.cart.token,
        user=checkout.user,
        details=details.to_details(),
        shown=_shown(request, checkout),
        consent=Consent(
            terms_id=whole_number(request.POST.get("terms", "")),
            start_at_once=form.cleaned_data.get("start_at_once", False),
            plan_id=form.cleaned_data.get("plan"),
            waives_withdrawal=form.cleaned_data.get("waive_withdrawal", False),
        ),
        language=get_language() or "",
        visitor_key=visitor_key(request, has_account=details.chosen_account is not None),
        now=timezone.now(),
        is_proved=_is_proved(request, details, checkout.now),
    )


def _draft(checkout: Checkout, details: DetailsForm) -> Draft:
    return draft_order(
        priced=checkout.priced,
        details=details.to_details(),
        user=checkout.user,
        language=get_language() or "",
        now=checkout.now,
    )


def _shown(request: HttpRequest, checkout: Checkout) -> Shown:
    """Return what the page showed. Raises TotalChanged if it is unreadable or belongs to another cart."""
    if request.POST.get("cart") != checkout.cart.token:
        raise TotalChanged
    return shown_in(request.POST)


def form_for(draft: Draft, data: Any = None, *, chosen: str = "") -> ReviewForm:
    """Return the form that asks for consent to an order, and for the plan of payment if there are some."""
    return ReviewForm(
        data,
        has_terms=draft.terms is not None,
        is_private=not draft.columns["is_organisation"],
        has_digital=needs_waiver(draft),
        has_services=not is_all_digital(draft),
        plans=[(plan.key, plan_in_words(plan, draft.columns["currency"])) for plan in draft.plans],
        chosen=chosen,
    )


def _page(checkout: Checkout, details: DetailsForm, draft: Draft, form: ReviewForm, notice: Notice) -> dict[str, Any]:
    steps = {"steps": indicator(checkout, REVIEW), "notice": notice}
    return steps | to_agree_to(checkout, details, draft, form)


def to_agree_to(checkout: Checkout, details: DetailsForm, draft: Draft, form: ReviewForm) -> dict[str, Any]:
    """Return the context of the templates that show an order before it is placed, and ask for consent."""
    return {
        "cart": draft.priced,
        "lines": [LineShown.of(line) for line in draft.priced.lines],
        "digital": [each.entry_name for each in draft.priced.lines if each.line.entry.is_digital_content],
        "details": details.to_details(),
        "account": details.chosen_account,
        "operator": details.in_words("operator"),
        "form": form,
        "terms": draft.terms,
        "shown": Shown.of(draft),
        "withdrawal": None if details.is_organisation else LegalText.in_force("withdrawal", checkout.now),
    }

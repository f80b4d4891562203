"""Credit of a customer account on its page in the administration, with the form that sends it back."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from common.decimals import AmountField
from common.refusals import Refused
from shop.payments.credit.second_person import send_credit_or_ask
from shop.payments.credit.selectors import credit_of
from shop.payments.transfers_back.forms import PayeeForm

SEND = "shop.send_refund"
ACCOUNT_PAGE = "admin:accounts_customeraccount_change"


class SendCreditForm(PayeeForm):
    """Amount of credit to be sent back, and the bank account."""

    amount = AmountField(min_value=Decimal("0.01"))


def credit_of_account(request: HttpRequest, account: CustomerAccount) -> str:
    """Draw an account's credit, for those who send money back; nothing without credit."""
    currency = settings.SHOP_CURRENCY
    if not request.user.has_perm(SEND) or not (credit := credit_of(account.pk, currency)):
        return ""
    context = {
        "credit": credit,
        "currency": currency,
        "may_transfer": currency == "EUR",
        "url": reverse("admin:shop_account_send_credit", args=[account.pk]),
    }
    return render_to_string("credit/admin/credit.html", context, request)


def credit_urls() -> list[URLPattern]:
    view = admin.site.admin_view(send_credit)
    return [path("accounts/<int:account_id>/send-credit/", view, name="shop_account_send_credit")]


def send_credit(request: HttpRequest, account_id: int) -> HttpResponse:
    """Send an account's credit back by transfer; POST only."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perms([SEND, "accounts.view_customeraccount"]):
        raise PermissionDenied
    if not CustomerAccount.objects.filter(pk=account_id).exists():
        raise Http404
    form = SendCreditForm(request.POST)
    if form.is_valid():
        _send(request, account_id, form)
    for problem in form.problems():
        messages.error(request, problem)
    return redirect(f"{reverse(ACCOUNT_PAGE, args=[account_id])}#credit")


def _send(request: HttpRequest, account_id: int, form: SendCreditForm) -> None:
    actor, now = cast(User, request.user), timezone.now()
    try:
        # Together: of an act that is refused no bank account stays.
        with transaction.atomic():
            payee = form.keep(order=None, actor=actor, now=now)
            assert payee is not None  # always needed here
            _refund, kept = send_credit_or_ask(
                account_id=account_id,
                amount=form.cleaned_data["amount"],
                currency=settings.SHOP_CURRENCY,
                payee=payee,
                actor=actor,
                now=now,
            )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        if kept:
            messages.warning(request, _("This waits for a second person. Nothing was changed yet."))
        else:
            messages.success(request, _("The credit waits for a transfer file, under “Refunds”."))

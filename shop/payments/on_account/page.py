"""Terms on account, as the page of a customer account in the administration shows and takes them."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from common.admin.display import amount
from common.decimals import AmountField
from common.refusals import Refused
from shop.payments.on_account.services import MOST_DAYS, debt_of, is_overdue, set_terms, terms_shown

MAY = "shop.set_terms"
ACCOUNT_PAGE = "admin:accounts_customeraccount_change"


def _yes_or_no() -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        choices=[("yes", "yes"), ("no", "no")], coerce=lambda typed: typed == "yes", empty_value=None, required=False
    )


class TermsForm(forms.Form):
    """Limit, empty for an account that pays first, the days to pay, and whether it is reminded of due parts, and
    whether public mandates are invoiced after the service. `seen` are the terms that the page showed."""

    limit = AmountField(required=False, min_value=Decimal(0))
    days = forms.IntegerField(min_value=0, max_value=MOST_DAYS)
    seen = forms.CharField(required=False)
    reminds = _yes_or_no()
    after_service = _yes_or_no()


def terms_of_account(request: HttpRequest, account: CustomerAccount) -> str:
    """Draw what an account owes and may owe, for those who agree terms."""
    if not request.user.has_perm(MAY):
        return ""
    currency = settings.SHOP_CURRENCY
    context = {
        "account": account,
        "seen": terms_shown(account),
        "debt": amount(debt_of(account.pk, currency), currency),
        "is_overdue": is_overdue(account.pk, timezone.now()),
        "url": reverse("admin:shop_account_terms", args=[account.pk]),
        "most_days": MOST_DAYS,
    }
    return render_to_string("on_account/admin/terms.html", context, request)


def terms_urls() -> list[URLPattern]:
    return [
        path("accounts/<int:account_id>/terms/", admin.site.admin_view(change_terms), name="shop_account_terms"),
    ]


def change_terms(request: HttpRequest, account_id: int) -> HttpResponse:
    """Set limit and days of an account; POST only."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perms([MAY, "accounts.view_customeraccount"]):
        raise PermissionDenied
    if not CustomerAccount.objects.filter(pk=account_id, closed_at__isnull=True).exists():
        raise Http404
    form = TermsForm(request.POST)
    if not form.is_valid():
        messages.error(
            request, _("Type a limit of money, or nothing, and at most %(days)d days.") % {"days": MOST_DAYS}
        )
        return redirect(f"{reverse(ACCOUNT_PAGE, args=[account_id])}#terms")
    typed = form.cleaned_data
    try:
        set_terms(
            account_id=account_id,
            limit=typed["limit"],
            days=typed["days"],
            seen=typed["seen"],
            reminds=typed["reminds"],
            after_service=typed["after_service"],
            actor=cast(User, request.user),
            now=timezone.now(),
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The terms on account are kept."))
    return redirect(f"{reverse(ACCOUNT_PAGE, args=[account_id])}#terms")

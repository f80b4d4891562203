"""Button that fills the cart with extensions."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.members.current import AccountRequest, account_page
from accounts.members.rights import Right, rights_of
from common.refusals import Refused
from enrolments.extension.targets import KEY
from shop.renewal.offers import extensions_for
from shop.renewal.services import put_extensions_into_cart

MOST = 500


@account_page(Right.BUY)
@require_POST
def renew(request: AccountRequest) -> HttpResponse:
    """Put an extension into the cart for each of the people ticked, with the forms filled in."""
    if Right.MANAGE_SEATS not in rights_of(request.membership):
        raise Http404
    keys = [key for key in dict.fromkeys(request.POST.getlist("target")[:MOST]) if KEY.fullmatch(key)]
    entries = {entry.code: entry for entry in extensions_for(request)}
    entry = entries.get(request.POST.get("entry", ""))
    if entry is None:
        messages.error(request, _("This extension is not on sale at the moment."))
        return redirect("account-endings", request.account.pk)
    if not keys:
        messages.error(request, _("Nobody is ticked. Tick those whose access is to be extended."))
        return redirect("account-endings", request.account.pk)
    try:
        put = put_extensions_into_cart(request, entry, keys)
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("account-endings", request.account.pk)
    told = ngettext(
        "%(n)d extension is in your cart, with its form filled in.",
        "%(n)d extensions are in your cart, with their forms filled in.",
        put,
    )
    messages.success(request, told % {"n": put} if put else _("All of them are in your cart already."))
    return redirect("cart")

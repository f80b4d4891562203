"""The page where members turn mails on and off, and the one to which each such mail leads."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.members.current import AccountRequest, account_page
from accounts.members.models import Membership
from accounts.members.notices.kinds import NOTICES, stopped_by
from accounts.members.notices.services import want


@account_page()
@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: AccountRequest) -> HttpResponse:
    """Show which mails the member gets about the account; a posted button turns one on or off."""
    mine = [notice for notice in NOTICES.values() if notice.is_for(request.membership)]
    if request.method == "POST":
        notice = next((each for each in mine if each.name == request.POST.get("notice")), None)
        wanted = {"on": True, "off": False}.get(request.POST.get("wanted", ""))
        if notice is None or wanted is None:
            raise Http404
        try:
            want(membership_id=request.membership.pk, notice=notice, is_wanted=wanted)
        except Membership.DoesNotExist:
            raise Http404 from None
        said = _("“%(mail)s” is turned on.") if wanted else _("“%(mail)s” is turned off.")
        messages.success(request, said % {"mail": notice.label})
        return redirect("account-notices", request.account.pk)
    rows = [{"notice": notice, "is_wanted": notice.is_wanted(request.membership)} for notice in mine]
    return render(request, "notices/notices.html", {"account": request.account, "rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """Turn off the notice that a mail named, for whoever has the mail, signed in or not."""
    named = stopped_by(token)
    membership = Membership.objects.select_related("account").filter(pk=named[0]).first() if named else None
    if named is None or membership is None:
        raise Http404
    notice = named[1]
    if request.method == "POST":
        try:
            want(membership_id=membership.pk, notice=notice, is_wanted=False)
        except Membership.DoesNotExist:
            raise Http404 from None
        return redirect("notice-stop", token)
    context = {"account": membership.account, "notice": notice, "is_wanted": notice.is_wanted(membership)}
    return render(request, "notices/stop.html", context)

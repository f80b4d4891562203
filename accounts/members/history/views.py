"""The page that tells owners who did what in their account."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from accounts.members.current import AccountRequest, account_page
from accounts.members.history.forms import HistoryFilterForm
from accounts.members.history.sources import Cursor, history_of, names_of
from accounts.members.rights import Right

DEEDS_A_PAGE = 50


@require_safe
@account_page(Right.MANAGE_MEMBERS)
def history(request: AccountRequest) -> HttpResponse:
    """List what was done in the account, the newest first; of one member, if one is chosen."""
    form = HistoryFilterForm(request.GET or None, account=request.account)
    chosen = form.chosen_user_id() if form.is_valid() else None
    behind = Cursor.read(request.GET.get("older", ""))
    page = history_of(request.account, size=DEEDS_A_PAGE, behind=behind, actor_id=chosen)
    names = names_of(request.account, {deed.actor_id for deed in page.deeds})
    who = {"who": request.GET["who"]} if chosen is not None else {}
    context = {
        "account": request.account,
        "form": form,
        "rows": [{"deed": deed, "who": names[deed.actor_id]} for deed in page.deeds],
        "is_narrowed": chosen is not None or behind is not None,
        "newest": f"?{urlencode(who)}" if behind is not None else "",
        "older": f"?{urlencode(who | {'older': str(page.older)})}" if page.older else "",
    }
    return render(request, "history/history.html", context)

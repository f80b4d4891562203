"""The page on which an owner limits an operator to teams, courses or orders."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.members.current import AccountRequest, account_page
from accounts.members.models import Membership
from accounts.members.parts import LimitsChanged, limit_member
from accounts.members.rights import Right
from common.refusals import Refused
from enrolments.teams.limit_forms import LimitsForm, order_numbers, version_of


@account_page(Right.MANAGE_MEMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
def limits(request: AccountRequest, membership_id: int) -> HttpResponse:
    """Show to what an operator is limited; posting the form changes it."""
    membership = _find(request, membership_id)
    status = HTTPStatus.OK
    if request.method != "POST":
        known = {**(membership.limits or {}), "orders": order_numbers(request.account, membership)}
        form = LimitsForm(initial=known | {"seen": version_of(membership)}, account=request.account)
    else:
        form = LimitsForm(request.POST, account=request.account)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                limit_member(
                    account=request.account,
                    membership_id=membership_id,
                    teams=form.cleaned_data.get("teams", []),
                    orders=form.cleaned_data["orders"],
                    courses=form.cleaned_data.get("courses", []),
                    actor=request.user,
                    now=timezone.now(),
                    is_as_shown=lambda now: version_of(now) == form.cleaned_data["seen"],
                )
            except Membership.DoesNotExist:
                raise Http404 from None
            except LimitsChanged as refused:
                posted = request.POST.copy()
                posted["seen"] = version_of(_find(request, membership_id))
                form = LimitsForm(posted, account=request.account)
                form.full_clean()
                form.add_error(None, str(refused.message))
                status = HTTPStatus.CONFLICT
            except Refused as refused:
                form.add_error(None, str(refused.message))
            else:
                messages.success(request, _("The limits were saved."))
                return redirect("account-member-limits", request.account.pk, membership_id)
    context = {"account": request.account, "membership": membership, "form": form}
    return render(request, "teams/limits.html", context, status=status)


def _find(request: AccountRequest, membership_id: int) -> Membership:
    found = Membership.objects.filter(account=request.account, pk=membership_id).select_related("user").first()
    if found is None:
        raise Http404
    return found

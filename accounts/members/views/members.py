"""Pages on which an owner decides who belongs to the account."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.members import services as service
from accounts.members.current import AccountRequest, account_page
from accounts.members.forms.members import InviteMemberForm, MemberForm, shown_roles
from accounts.members.models import CustomerAccount, Membership
from accounts.members.rights import Right
from accounts.members.selectors import invitations_of, members_of
from accounts.members.trust import count_address, count_mail_to_other
from accounts.rate_limits.others import NotBeforePayment
from accounts.rate_limits.services import TooOften, count_attempt
from common.refusals import Refused

owners_only = account_page(Right.MANAGE_MEMBERS)


@owners_only
@require_http_methods(["GET", "POST"])
def member_list(request: AccountRequest) -> HttpResponse:
    """List members and invitations; a posted form invites a person."""
    form = InviteMemberForm(_posted(request), initial={"roles": ["is_buyer"]})
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if request.method == "POST" and form.is_valid():
        try:
            now = timezone.now()
            count_attempt(what="member invitation", who=str(request.account.pk), now=now)
            count_address(request, form.cleaned_data["email"], now=now)
            count_mail_to_other(request, form.cleaned_data["email"], now=now)
            service.invite_member(
                account=request.account,
                invited_by=request.user,
                email=form.cleaned_data["email"],
                roles=form.cleaned_data["roles"],
                language=get_language() or "",
                now=timezone.now(),
            )
        except NotBeforePayment as refused:
            form.add_error(None, str(refused))
            status = HTTPStatus.TOO_MANY_REQUESTS
        except TooOften:
            form.add_error(None, _("Many invitations were sent, from here or to this address. Try again in an hour."))
            status = HTTPStatus.TOO_MANY_REQUESTS
        except Refused as refused:
            form.add_error("email", str(refused.message))
        except CustomerAccount.DoesNotExist:
            raise Http404 from None
        else:
            messages.success(request, _("The invitation to %(email)s is on its way.") % form.cleaned_data)
            return redirect("account-members", request.account.pk)
    context = {
        "account": request.account,
        "members": members_of(request.account),
        "invitations": invitations_of(request.account),
        "now": timezone.now(),
        "form": form,
    }
    return render(request, "members/members.html", context, status=status if form.errors else HTTPStatus.OK)


@owners_only
@require_http_methods(["GET", "POST"])
def member(request: AccountRequest, membership_id: int) -> HttpResponse:
    """Show one member's roles, and change them."""
    membership = members_of(request.account).filter(pk=membership_id).first()
    if membership is None:
        raise Http404
    form = MemberForm(_posted(request), holder=membership)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if request.method == "POST" and form.is_valid():
        try:
            service.change_roles(
                account=request.account,
                membership_id=membership_id,
                roles=form.cleaned_data["roles"],
                shown=form.shown_roles(),
                actor=request.user,
                now=timezone.now(),
            )
        except service.RolesChanged as refused:
            # What was typed stays, now compared with the roles that the page shows.
            membership = refused.membership
            form = form.shown_again(membership)
            form.add_error(None, str(refused.message))
            status = HTTPStatus.CONFLICT
        except Refused as refused:
            form.add_error("roles", str(refused.message))
        except ObjectDoesNotExist:
            raise Http404 from None
        else:
            messages.success(request, _("The roles were changed."))
            return _back(request)
    context = {"account": request.account, "membership": membership, "form": form}
    return render(request, "members/member.html", context, status=status if form.errors else HTTPStatus.OK)


@owners_only
@require_POST
def remove(request: AccountRequest, membership_id: int) -> HttpResponse:
    try:
        service.remove_member(
            account=request.account,
            membership_id=membership_id,
            shown=shown_roles(request.POST),
            actor=request.user,
            now=timezone.now(),
        )
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("account-member", request.account.pk, membership_id)
    except ObjectDoesNotExist:
        raise Http404 from None
    messages.success(request, _("This person is no longer a member."))
    return _back(request)


@owners_only
@require_POST
def transfer(request: AccountRequest, membership_id: int) -> HttpResponse:
    """Hand the account over to another member."""
    try:
        service.transfer_ownership(
            account=request.account,
            giver=request.user,
            membership_id=membership_id,
            shown=shown_roles(request.POST),
            now=timezone.now(),
        )
    except Refused as refused:
        messages.error(request, str(refused.message))
        return redirect("account-member", request.account.pk, membership_id)
    except ObjectDoesNotExist:
        raise Http404 from None
    messages.success(request, _("The account has a new owner. You remain buyer and operator."))
    return _back(request)


@owners_only
@require_POST
def withdraw(request: AccountRequest, invitation_id: int) -> HttpResponse:
    try:
        service.withdraw_invitation(
            account=request.account, invitation_id=invitation_id, actor=request.user, now=timezone.now()
        )
    except ObjectDoesNotExist:
        raise Http404 from None
    messages.success(request, _("The invitation was withdrawn."))
    return redirect("account-members", request.account.pk)


@account_page()
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: AccountRequest) -> HttpResponse:
    """Ask members whether they want to leave the account; posting the form does it."""
    if request.method == "POST":
        try:
            service.remove_member(
                account=request.account,
                membership_id=request.membership.pk,
                shown=shown_roles(request.POST),
                actor=request.user,
                now=timezone.now(),
            )
        except Refused as refused:
            messages.error(request, str(refused.message))
            return redirect("account-leave", request.account.pk)
        except ObjectDoesNotExist:
            raise Http404 from None
        messages.success(request, _("You have left %(account)s.") % {"account": request.account})
        return redirect("account-home")
    context = {
        "account": request.account,
        "form": MemberForm(holder=request.membership),
        "is_last_owner": service.is_last_owner(request.membership),
        "has_colleagues": members_of(request.account).exclude(pk=request.membership.pk).exists(),
    }
    return render(request, "members/leave.html", context)


def _posted(request: HttpRequest) -> QueryDict | None:
    """Return the posted data. A form posted with everything unticked is empty, and posted all the same."""
    return request.POST if request.method == "POST" else None


def _back(request: AccountRequest) -> HttpResponse:
    """Redirect to the list, unless the change took away the right to see it."""
    still_owner = Membership.objects.filter(account=request.account, user=request.user, is_owner=True).exists()
    return redirect("account-members" if still_owner else "account-overview", request.account.pk)

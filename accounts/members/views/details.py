"""Name, address and VAT number of the account; name and language of the person."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from accounts.members.current import SignedInRequest, current_account
from accounts.members.details import save_account_details, save_profile
from accounts.members.forms.details import AccountDetailsForm, ProfileForm
from accounts.members.models import CustomerAccount
from accounts.members.rights import Right
from accounts.people.language_cookie import set_language_cookie
from accounts.people.models import User


@login_required
@require_http_methods(["GET", "POST"])
def details(request: SignedInRequest) -> HttpResponse:
    """Show two forms on one page, each posted alone: `form` says which."""
    account = current_account(request, Right.MANAGE_ACCOUNT)
    which = request.POST.get("form") if request.method == "POST" else ""
    account_form = profile_form = None
    # A refused form leaves the typed values in its instance: the form gets a copy, the page shows the stored account.
    if which == "account" and account is not None:
        account_form = AccountDetailsForm(request.POST, instance=CustomerAccount.objects.get(pk=account.pk))
        with transaction.atomic():  # cleaning locks the row that is saved
            is_saved = account_form.is_valid()
            if is_saved:
                save_account_details(account_id=account.pk, details=account_form.to_details())
        if is_saved:
            messages.success(request, _("The details of the account were saved."))
            return redirect("account-details")
    elif which == "profile":
        profile_form = ProfileForm(request.POST, instance=User.objects.get(pk=request.user.pk))
        with transaction.atomic():  # cleaning locks the row that is saved
            if profile_form.is_valid():
                return _save_profile(request, profile_form)
    refused = account_form is not None or profile_form is not None
    context = {
        "account": account,
        "account_form": account_form or (AccountDetailsForm(instance=account) if account else None),
        "profile_form": profile_form or ProfileForm(instance=request.user),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK
    return render(request, "members/details.html", context, status=status)


def _save_profile(request: SignedInRequest, form: ProfileForm) -> HttpResponse:
    language = form.cleaned_data["language"]
    save_profile(user_id=request.user.pk, **form.cleaned_data)
    with override(language or settings.LANGUAGE_CODE):
        messages.success(request, _("Your details were saved."))
    response = redirect("account-details")
    set_language_cookie(response, language or settings.LANGUAGE_CODE)
    return response

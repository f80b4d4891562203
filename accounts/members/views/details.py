"""Name, address and VAT number of an account; name and language of a person, on a page of their own."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from accounts.members.current import AccountRequest, SignedInRequest, account_page
from accounts.members.details import save_account_details, save_profile
from accounts.members.forms.details import AccountDetailsForm, ProfileForm
from accounts.members.models import CustomerAccount
from accounts.members.rights import Right
from accounts.people.language_cookie import set_language_cookie
from accounts.people.models import User


@account_page(Right.MANAGE_ACCOUNT)
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: AccountRequest) -> HttpResponse:
    """Show the account's details; posting the form changes them."""
    account = request.account
    if request.method != "POST":
        return _details_page(request, AccountDetailsForm(instance=account))
    # A refused form leaves the typed values in its instance: the form gets a copy, the page shows the stored account.
    form = AccountDetailsForm(request.POST, instance=CustomerAccount.objects.get(pk=account.pk))
    with transaction.atomic():  # cleaning locks the row that is saved
        if is_saved := form.is_valid():
            save_account_details(
                account_id=account.pk, details=form.to_details(), actor=request.user, now=timezone.now()
            )
    if not is_saved:
        return _details_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, _("The details of the account were saved."))
    return redirect("account-details", account.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: SignedInRequest) -> HttpResponse:
    """Show a person's own name and language, the same for all accounts; posting the form changes them."""
    if request.method != "POST":
        return _profile_page(request, ProfileForm(instance=request.user))
    form = ProfileForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    with transaction.atomic():  # cleaning locks the row that is saved
        if form.is_valid():
            return _save_profile(request, form)
    return _profile_page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _details_page(
    request: AccountRequest, form: AccountDetailsForm, *, status: HTTPStatus = HTTPStatus.OK
) -> HttpResponse:
    return render(request, "members/details.html", {"account": request.account, "form": form}, status=status)


def _profile_page(request: SignedInRequest, form: ProfileForm, *, status: HTTPStatus = HTTPStatus.OK) -> HttpResponse:
    return render(request, "members/profile.html", {"form": form}, status=status)


def _save_profile(request: SignedInRequest, form: ProfileForm) -> HttpResponse:
    language = form.cleaned_data["language"]
    save_profile(user_id=request.user.pk, **form.cleaned_data)
    with override(language or settings.LANGUAGE_CODE):
        messages.success(request, _("Your details were saved."))
    response = redirect("account-profile")
    set_language_cookie(response, language or settings.LANGUAGE_CODE)
    return response

"""Three of allauth's pages, with a closer look at who proves which address."""

from __future__ import annotations

from typing import Any

from allauth.account import views as allauth
from allauth.account.internal.stagekit import clear_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

from accounts.people.models import User
from accounts.people.proof import forget_unproved_password


def _still_owns(user: User | None, email: str | None) -> bool:
    """Tell whether the address a code was sent to is still the user's: the user may have changed it since."""
    return user is not None and User.objects.filter(pk=user.pk, email=email, is_active=True).exists()


class ConfirmSignInCodeView(allauth.ConfirmLoginCodeView):
    def _verify_form_valid(self, form: Any) -> HttpResponse:
        user = self._process.user
        if not _still_owns(user, self._process.state.get("email")):
            self._process.abort()
            return HttpResponseRedirect(reverse("account_request_login_code"))
        forget_unproved_password(user_id=user.pk)
        return super()._verify_form_valid(form)


class ConfirmPasswordResetCodeView(allauth.ConfirmPasswordResetCodeView):
    def form_valid(self, form: Any) -> HttpResponse:
        user = self._process.user
        if not _still_owns(user, self._process.state.get("email")):
            self._process.abort()
            return HttpResponseRedirect(reverse("account_reset_password"))
        forget_unproved_password(user_id=user.pk)
        return super().form_valid(form)


class CompletePasswordResetView(allauth.CompletePasswordResetView):
    def dispatch(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        process = allauth.flows.password_reset_by_code.PasswordResetVerificationProcess.resume(request)
        if process and process.state.get("code_confirmed") and not _still_owns(process.user, process.state["email"]):
            process.abort()
            clear_login(request)
        return super().dispatch(request, **kwargs)


confirm_sign_in_code = ConfirmSignInCodeView.as_view()
confirm_password_reset_code = ConfirmPasswordResetCodeView.as_view()
complete_password_reset = CompletePasswordResetView.as_view()

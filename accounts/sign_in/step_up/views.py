"""Pages on which people show that it is still them, and then go on with the act that waited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import views as account
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_next_redirect_url
from allauth.mfa.base import views as mfa
from allauth.mfa.webauthn import views as webauthn
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator

from accounts.people.models import User
from accounts.rate_limits.services import TooOften
from accounts.security_log.kinds import Kind
from accounts.security_log.services import record
from accounts.sign_in.forms import MailedCodeAgainForm
from accounts.sign_in.second_factor.pages import AsksPasskey
from accounts.sign_in.second_factor.proved import has_proved_second_factor
from accounts.sign_in.step_up.mailed_code import is_awaited, mail_code
from accounts.sign_in.step_up.proofs import pages_shown
from accounts.sign_in.step_up.suspended import is_waiting, resume

if TYPE_CHECKING:

    class ProofView:
        """Stand-in for the part of allauth's views that the mixin calls."""

        request: HttpRequest

        def form_valid(self, form: Any) -> HttpResponseBase: ...
        def form_invalid(self, form: Any) -> HttpResponse: ...
        def get_context_data(self, **context: Any) -> dict[str, Any]: ...
else:
    ProofView = object


class GoesOn(ProofView):
    """View of a proof that carries out what waited for it."""

    method: str

    def form_valid(self, form: Any) -> HttpResponseBase:
        response = super().form_valid(form)
        self._note(Kind.STEP_UP_PASSED)
        return resume(self.request) or response

    def form_invalid(self, form: Any) -> HttpResponse:
        self._note(Kind.STEP_UP_FAILED)
        return super().form_invalid(form)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        """Add the way back and whether something waits; other ways are those that have not been gone already."""
        found = super().get_context_data(**context)
        gone = pages_shown(self.request)
        ways = [way for way in found["reauthentication_alternatives"] if way["id"] not in gone]
        told = {"is_waiting": is_waiting(self.request), "back": _way_back(self.request)}
        return {**found, **told, "reauthentication_alternatives": ways}

    def _note(self, kind: Kind) -> None:
        key, now = self.request.user.pk, timezone.now()
        record(kind, now=now, request=self.request, user_id=key, actor_id=key, details={"by": self.method})


class ByPasswordView(GoesOn, account.ReauthenticateView):
    method = "password"


class ByCodeOfAppView(GoesOn, mfa.ReauthenticateView):
    method = "code"


class ByPasskeyView(GoesOn, AsksPasskey, webauthn.ReauthenticateWebAuthnView):
    method = "passkey"

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the page again, with a new challenge; allauth would lead to the sign-in and lose what waits."""
        super().form_invalid(form)
        return HttpResponseRedirect(self.request.get_full_path())


@method_decorator(login_required, name="dispatch")
class ByMailedCodeView(GoesOn, account.BaseReauthenticateView):
    """Page that mails a code when asked to, and takes it."""

    method = "mail"
    form_class = MailedCodeAgainForm
    template_name = "account/reauthenticate_by_code.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if "send" not in request.POST:
            return super().post(request, *args, **kwargs)
        try:
            mail_code(request, _person(request), now=timezone.now())
        except TooOften as refused:
            messages.error(request, str(refused))
        return HttpResponseRedirect(self.passthrough_next_url(reverse("account_reauthenticate_by_code")))

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def form_valid(self, form: Any) -> HttpResponseBase:
        user = _person(self.request)
        record_authentication(self.request, user, "code", email=user.email, reauthenticated=True)
        return super().form_valid(form)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        user = _person(self.request)
        awaited = is_awaited(self.request, user, now=timezone.now())
        return {**super().get_context_data(**context), "is_awaited": awaited, "email": user.email}


def _way_back(request: HttpRequest) -> str:
    """Return the address for a person who gives no proof: one that asks for none."""
    administration = reverse("admin:index")
    is_inside = (get_next_redirect_url(request) or "").startswith(administration) and has_proved_second_factor(request)
    return administration if is_inside else reverse("account-profile")


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


by_password = ByPasswordView.as_view()
by_code_of_app = ByCodeOfAppView.as_view()
by_passkey = ByPasskeyView.as_view()
by_mailed_code = ByMailedCodeView.as_view()

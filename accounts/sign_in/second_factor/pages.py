"""allauth's pages of the second factor. Adding or removing one ends the person's other sessions, in one transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base import views as base
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from accounts.browser_sessions.services import end_other_sessions
from accounts.people.models import User
from accounts.security_log.kinds import Kind
from accounts.security_log.services import record
from accounts.sign_in.second_factor.codes import mark_used

if TYPE_CHECKING:

    class SignedInView:
        """Stand-in for the part of a view that the mixins call."""

        request: HttpRequest

        def form_valid(self, form: Any) -> HttpResponseBase: ...
        def get_context_data(self, **context: Any) -> dict[str, Any]: ...
else:
    SignedInView = object


class AsksPasskey(SignedInView):
    """View whose page asks the browser for a passkey: its template finds the question, as JSON, in `passkey_options`;
    "" where there is none to be shown."""

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        found = super().get_context_data(**context)
        [question] = found.pop("js_data", {"request_options": {}}).values()
        asked = question.get("publicKey", {})
        has_any = "user" in asked or asked.get("allowCredentials")
        return {**found, "passkey_options": json.dumps(question, cls=DjangoJSONEncoder) if has_any else ""}


class SignInView(AsksPasskey, base.AuthenticateView):
    """Second step of a sign-in."""

    def form_invalid(self, form: Any) -> HttpResponse:
        user = self.stage.login.user
        record(Kind.FACTOR_FAILED, now=timezone.now(), request=self.request, user_id=user.pk)
        return super().form_invalid(form)


class ChangesFactors(SignedInView):
    """View that changes the person's factors, and so ends all of the person's sessions but this one."""

    kind: Kind
    factor: str

    def form_valid(self, form: Any) -> HttpResponseBase:
        user = _person(self.request)
        with transaction.atomic():
            response = super().form_valid(form)
            end_other_sessions(user=user, request=self.request)
            _note(self.request, self.kind, self.factor)
        return response


class AddsFactor(ChangesFactors):
    """View that adds a factor, which the person has shown by adding it."""

    kind = Kind.FACTOR_ADDED

    def form_valid(self, form: Any) -> HttpResponseBase:
        user = _person(self.request)
        with transaction.atomic():
            response = super().form_valid(form)
            added = Authenticator.objects.filter(user_id=user.pk, type=self.factor).latest("pk")
            if self.factor == Authenticator.Type.TOTP:
                mark_used(added, form.cleaned_data["code"])
        record_authentication(self.request, user, "mfa", id=added.pk, type=added.type, reauthenticated=True)
        return response


class ActivateAppView(AddsFactor, totp.ActivateTOTPView):
    factor = Authenticator.Type.TOTP


class RemoveAppView(ChangesFactors, totp.DeactivateTOTPView):
    kind = Kind.FACTOR_REMOVED
    factor = Authenticator.Type.TOTP

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        passkeys = Authenticator.objects.filter(user=_person(self.request), type=Authenticator.Type.WEBAUTHN)
        return {**super().get_context_data(**context), "has_passkeys": passkeys.exists()}


class AddPasskeyView(AsksPasskey, AddsFactor, webauthn.AddWebAuthnView):
    factor = Authenticator.Type.WEBAUTHN


class RemovePasskeyView(ChangesFactors, webauthn.RemoveWebAuthnView):
    kind = Kind.FACTOR_REMOVED
    factor = Authenticator.Type.WEBAUTHN


class NewRecoveryCodesView(ChangesFactors, recovery_codes.GenerateRecoveryCodesView):
    kind = Kind.RECOVERY_CODES_MADE
    factor = Authenticator.Type.RECOVERY_CODES


class ReadsRecoveryCodes(SignedInView):
    """View that hands recovery codes out."""

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        found = super().get_context_data(**context)
        _note(self.request, Kind.RECOVERY_CODES_READ, Authenticator.Type.RECOVERY_CODES)
        return found


class RecoveryCodesView(ReadsRecoveryCodes, recovery_codes.ViewRecoveryCodesView):
    pass


class RecoveryCodesFileView(ReadsRecoveryCodes, recovery_codes.DownloadRecoveryCodesView):
    pass


def _note(request: HttpRequest, kind: Kind, factor: str) -> None:
    user = _person(request)
    now = timezone.now()
    record(kind, now=now, request=request, user_id=user.pk, actor_id=user.pk, details={"factor": str(factor)})


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


sign_in = SignInView.as_view()
activate_app = ActivateAppView.as_view()
remove_app = RemoveAppView.as_view()
add_passkey = AddPasskeyView.as_view()
remove_passkey = RemovePasskeyView.as_view()
new_recovery_codes = NewRecoveryCodesView.as_view()
view_recovery_codes = RecoveryCodesView.as_view()
recovery_codes_file = RecoveryCodesFileView.as_view()

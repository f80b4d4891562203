"""allauth's forms, with addresses in their one spelling, named in ACCOUNT_FORMS and MFA_FORMS."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth
from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.mfa.adapter import get_adapter as second_factor_adapter
from allauth.mfa.base import forms as second_factor
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.people.models import User
from accounts.people.proof import meet_mailed_person
from accounts.people.selectors import is_address_proved
from accounts.people.services import PersonTyped, find_or_create_people
from accounts.rate_limits.services import TooOften, count_attempt
from accounts.security_log.kinds import Kind
from accounts.security_log.services import record
from accounts.sign_in.second_factor.codes import use_code
from accounts.sign_in.step_up.mailed_code import use_mailed_code
from accounts.sign_in.typed_password import remember_typed_password
from common.fields import AddressField, CodeLineField, KnownAddressField


class PlainFields(forms.Form):
    """Fields without placeholders: a label says what a field is for, a placeholder would vanish with the first
    letter."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class SignInForm(PlainFields, allauth.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"] = KnownAddressField(
            widget=forms.EmailInput(attrs={"autocomplete": "username", "spellcheck": "false"})
        )
        self.order_fields(["login", "password"])


class SignUpForm(PlainFields, allauth.SignupForm):
    email = AddressField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = AddressField().label

    def validate_unique_email(self, value: str) -> str:
        """Let a person with an unproved address sign up like a new one: others named that person."""
        known = User.objects.filter(email=value).first()
        self.account_already_exists = known is not None and (not known.is_active or is_address_proved(known))
        return value

    def try_save(self, request: HttpRequest) -> tuple[User | None, HttpResponse | None]:
        # The hash is made for known addresses too: its 100 ms would tell who is known.
        self.password_hash = make_password(self.cleaned_data["password1"])
        return super().try_save(request)

    def save(self, request: HttpRequest) -> User:
        email = self.cleaned_data["email"]
        language = get_language() or ""
        found = find_or_create_people(
            people=[PersonTyped(email=email)], account=None, language=language, now=timezone.now()
        )
        user = found[email].user
        remember_typed_password(request, user, self.password_hash)
        return user


class RequestPasswordResetForm(PlainFields, allauth.ResetPasswordForm):
    email = KnownAddressField()

    def clean_email(self) -> str:
        _meet(self.cleaned_data["email"])
        return super().clean_email()


class RequestSignInCodeForm(PlainFields, allauth.RequestLoginCodeForm):
    email = KnownAddressField()

    def clean_email(self) -> str:
        _meet(self.cleaned_data["email"])
        return super().clean_email()


def _meet(email: str) -> None:
    """Let people who so far have nothing but a link ask for a code."""
    meet_mailed_person(email=email, language=get_language() or "", now=timezone.now())


class ChangeAddressForm(PlainFields, allauth.AddEmailForm):
    email = AddressField(label=_("New e-mail address"))


class CodeField(CodeLineField):
    """A code from a mail or an authenticator app; blanks and dashes do not matter."""

    def __init__(self, **options: Any) -> None:
        attrs = {"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        options.setdefault("label", _("Code"))
        options.setdefault("max_length", 20)
        super().__init__(widget=forms.TextInput(attrs=attrs), **options)


class MailedCodeForm(forms.Form):
    """Code mailed to an address that is proved by it; nobody is signed in."""

    code = CodeField(label=_("Code from the mail"))


class CountedGuess(allauth.BaseConfirmCodeForm):
    """Base of the forms for mailed codes: a guess is counted before it is compared.

    allauth counts in the session, where many requests at once all read the count of before.
    """

    def clean_code(self) -> str:
        who = f"{context.request.session.session_key}:{self.expected_code}"
        try:
            count_attempt(what="guess of a code", who=who, now=timezone.now())
        except TooOften as refused:
            raise get_adapter().validation_error("incorrect_code") from refused
        return super().clean_code()


class SignInCodeForm(CountedGuess, allauth.ConfirmLoginCodeForm):
    code = CodeField()


class AddressCodeForm(CountedGuess, allauth.ConfirmEmailVerificationCodeForm):
    code = CodeField()


class PasswordResetCodeForm(CountedGuess, allauth.ConfirmPasswordResetCodeForm):
    code = CodeField()


class NewPasswordForm(PlainFields, allauth.ResetPasswordKeyForm):
    pass


class ChangePasswordForm(PlainFields, allauth.ChangePasswordForm):
    pass


class SetPasswordForm(PlainFields, allauth.SetPasswordForm):
    pass


class ReauthenticateForm(PlainFields, allauth.ReauthenticateForm):
    pass


class MailedCodeAgainForm(forms.Form):
    """The code of a mail, typed by somebody who is signed in already."""

    code = CodeField()

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        user = self.request.user
        if not isinstance(user, User) or not use_mailed_code(self.request, user, code, now=timezone.now()):
            raise get_adapter().validation_error("incorrect_code")
        return code


class UsesCodeUp(forms.Form):
    """Form whose code counts once."""

    user: User

    def clean_code(self) -> str:
        forget_failures = check_rate_limit(self.user)
        code: str = self.cleaned_data["code"]
        authenticator = use_code(user=self.user, code=code)
        if authenticator is None:
            raise second_factor_adapter().validation_error("incorrect_code")
        if authenticator.type == Authenticator.Type.RECOVERY_CODES:
            record(Kind.RECOVERY_CODE_USED, now=timezone.now(), request=context.request, user_id=self.user.pk)
        forget_failures()
        self.authenticator = authenticator
        return code


class SecondFactorForm(UsesCodeUp, second_factor.AuthenticateForm):
    code = CodeField(help_text=_("From your authenticator app, or one of your recovery codes."))


class SecondFactorAgainForm(UsesCodeUp, second_factor.ReauthenticateForm):
    code = CodeField(help_text=_("From your authenticator app, or one of your recovery codes."))


class ActivateSecondFactorForm(totp.ActivateTOTPForm):
    code = CodeField(label=_("Code shown by the app"))


class PasskeyNameField(forms.CharField):
    def __init__(self, **options: Any) -> None:
        options.setdefault("label", _("Name"))
        options.setdefault("max_length", 60)
        options.setdefault("help_text", _("So that you know it again: your telephone, the key on your ring."))
        super().__init__(**options)


class CredentialField(forms.JSONField):
    """Answer of a passkey, as its browser posts it. One that is nested too deep to be read is wrong like any other."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.HiddenInput)
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except RecursionError as error:
            message = self.error_messages["invalid"]
            raise forms.ValidationError(message, code="invalid", params={"value": ""}) from error


class PasskeyForm(webauthn.AuthenticateWebAuthnForm):
    credential = CredentialField()


class PasskeyLoginForm(webauthn.LoginWebAuthnForm):
    credential = CredentialField()


class PasskeyAgainForm(webauthn.ReauthenticateWebAuthnForm):
    credential = CredentialField()


class AddPasskeyForm(webauthn.AddWebAuthnForm):
    credential = CredentialField()
    name = PasskeyNameField(required=False)
    passwordless = forms.BooleanField(
        label=_("Signs me in alone, without password or code"),
        required=False,
        initial=True,
        help_text=_("It then asks for your finger, your face or its PIN each time."),
    )


class RenamePasskeyForm(webauthn.EditWebAuthnForm):
    name = PasskeyNameField()

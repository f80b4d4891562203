"""Adapter between django-allauth and the shop."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.models import EmailAddress
from allauth.core import context
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from accounts.browser_sessions.services import end_sessions
from accounts.links.remembered import take_remembered_link
from accounts.people.language_cookie import set_language_cookie
from accounts.people.models import User
from accounts.security_log.signals import note_refusal
from accounts.sign_in.followers import follow_sign_in
from accounts.sign_in.mails import pretend_to_mail, queue_allauth_mail
from accounts.sign_in.step_up.proofs import CODE, FACTOR, PASSKEY, PASSWORD, demand_proof, pages_for
from accounts.sign_in.typed_password import settle_password
from common.emails import INVALID_ADDRESS, normalise_email

# Ways to show that it is still you, by the page of each.
WAYS = {
    PASSWORD: _("Type your password"),
    CODE: _("Get a code by mail"),
    FACTOR: _("Type a code of your app, or a recovery code"),
    PASSKEY: _("Use a passkey"),
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _(
            "This e-mail address and this password do not go together. "
            "You can ask for a new password, or for a code that signs you in without one."
        ),
        "email_taken": _("This address belongs to another person of the shop. Sign in with it, or take another one."),
        "too_many_login_attempts": _("Too many attempts. Please wait a few minutes and try again."),
        "rate_limited": _("That was very fast. Please wait a moment and try again."),
    }

    def is_safe_url(self, url: str | None) -> bool:
        """Tell whether a page may lead to the address it was handed; not to one that cannot be read, nor from HTTPS to
        plain HTTP, where anybody on the way reads along."""
        try:
            return super().is_safe_url(url) and url_has_allowed_host_and_scheme(
                url, allowed_hosts={urlsplit((url or "").strip()).netloc}, require_https=settings.HTTPS
            )
        except ValueError:
            return False

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Return allauth's refusal of a form; note it in the security log."""
        note_refusal(context.request, code)
        return super().validation_error(code, *args)

    # --- Proofs -------------------------------------------------------------------------------------------------------

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Raise ProofWanted where the person must first show that it is still them; nothing else is left to ask then.

        allauth's own answer would let staff with a factor do with the password, and people without either do without.
        """
        demand_proof(self.request, is_first_factor=app == "allauth.mfa")
        return False

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        pages = pages_for(user) if isinstance(user, User) else []
        return [{"id": page, "description": WAYS[page], "url": reverse(page)} for page in pages]

    # --- Addresses ---------------------------------------------------------------------------------------------------

    def clean_email(self, email: str) -> str:
        try:
            return normalise_email(email)
        except ValidationError as invalid:
            raise ValidationError(INVALID_ADDRESS, code="invalid") from invalid

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Record that a mailed code proved the address, at a sign-up, a sign-in or a change of address.

        All in one transaction: a changed address never counts without the mail to the old one.
        """
        try:
            with transaction.atomic():
                user = User.objects.select_for_update(no_key=True).get(pk=email_address.user_id)
                if not self._may_prove(request, user, email_address):
                    return False
                was_proved = EmailAddress.objects.filter(user=user, verified=True).exists()
                confirmed = super().confirm_email(request, email_address)
                if confirmed and not was_proved:
                    records = get_authentication_records(request, user)
                    typed_here = any(record["method"] == "password" for record in records)
                    settle_password(request, user, typed_here=typed_here)
                return confirmed
        except IntegrityError:
            # Another person proved this address while the code was on its way.
            self.add_message(request, messages.ERROR, message=str(self.error_messages["email_taken"]))
            return False

    def _may_prove(self, request: HttpRequest, user: User, email_address: EmailAddress) -> bool:
        """Allow a signed-in user a new address; a visitor only the address that is still the user's own."""
        if request.user.is_authenticated:
            return request.user.pk == user.pk
        return user.email == email_address.email

    # --- Signing in --------------------------------------------------------------------------------------------------

    def get_login_stages(self) -> list[str]:
        proof = "allauth.account.stages.EmailVerificationStage"
        return [
            "accounts.sign_in.stages.AddressProofStage" if stage == proof else stage
            for stage in super().get_login_stages()
        ]

    def login(self, request: HttpRequest, user: User) -> None:
        # The proof may have given or taken the user's password since allauth read the user; the session is bound to it.
        user.refresh_from_db()
        super().login(request, user)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response = super().post_login(request, user, **kwargs)
        follow_sign_in(request, user)
        next_url = take_remembered_link(request, user)
        if next_url:
            response = HttpResponseRedirect(next_url)
        if user.language:
            set_language_cookie(response, user.language)
        return response

    def set_password(self, user: User, password: str) -> None:
        """Store a new password and end every other session of the user."""
        with transaction.atomic():
            super().set_password(user, password)
            end_sessions(user_id=user.pk, but=context.request.session.session_key)

    # --- Mails -------------------------------------------------------------------------------------------------------

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Record the mail in the outbox; no page ever sends a mail."""
        language = get_language() or settings.LANGUAGE_CODE
        queue_allauth_mail(template_prefix, recipient=email, context=context, language=language)

    def send_account_already_exists_mail(self, email: str) -> None:
        """Tell the owner of a known address that it was typed at a sign-up; tell nobody if the owner is closed."""
        language = get_language() or settings.LANGUAGE_CODE
        user = User.objects.filter(email=email, is_active=True).first()
        if user is None:
            pretend_to_mail(recipient=email, language=language)
        else:
            queue_allauth_mail(
                "account/email/account_already_exists", recipient=email, context={"user": user}, language=language
            )

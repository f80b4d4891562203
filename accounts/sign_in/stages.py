"""Steps of a sign-in."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.email_verification import send_verification_email_at_login
from allauth.account.stages import EmailVerificationStage
from django.http import HttpResponseBase


class AddressProofStage(EmailVerificationStage):
    """allauth's proof of the address, which a sign-up may not skip.

    A sign-up may name a person who exists unproved. If that person proved the address by another route at that very
    moment, allauth's own stage would find the address proved and sign in the stranger who typed it.
    """

    def handle(self) -> tuple[HttpResponseBase | None, bool]:
        if not self.login.signup:
            return super().handle()
        send_verification_email_at_login(self.request, self.login)
        return get_adapter().respond_email_verification_sent(self.request, self.login.user), True

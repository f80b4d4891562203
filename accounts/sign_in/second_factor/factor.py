"""The second factor: kept encrypted, and asked of staff."""

from __future__ import annotations

from collections.abc import Callable

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from qrcode.image.svg import SvgPathFillImage

from accounts.people.selectors import has_second_factor
from common.secrets import Purpose, decrypt, encrypt


class SecondFactorAdapter(DefaultMFAAdapter):
    """Adapter that keeps the keys of authenticator apps and recovery codes encrypted in the database."""

    def build_totp_svg(self, url: str) -> str:
        """Draw the QR code on white: on the dark scheme's ground a telephone could not read it."""
        return qrcode.make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode")

    def encrypt(self, text: str) -> str:
        return encrypt(text, Purpose.SECOND_FACTOR)

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a stored key. Raises Undecryptable under other keys: an empty key would be one that anybody can
        guess."""
        return decrypt(encrypted_text, Purpose.SECOND_FACTOR)


class StaffSecondFactorMiddleware:
    """Middleware that sends staff without a second factor from the administration to the page that explains it.

    Staff with a second factor were asked for it at sign-in. Off in development (STAFF_NEEDS_SECOND_FACTOR).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.STAFF_NEEDS_SECOND_FACTOR and request.path.startswith(reverse("admin:index")):
            user = request.user
            if user.is_authenticated and user.is_staff and not has_second_factor(user):
                return redirect("accounts-second-factor")
        return self.get_response(request)

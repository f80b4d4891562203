"""The second factor as allauth keeps it, with keys that nobody reads in the database."""

from __future__ import annotations

import qrcode
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.utils.translation import gettext as _
from qrcode.image.svg import SvgPathFillImage

from accounts.people.models import User
from common.secrets import Purpose, decrypt, encrypt


class SecondFactorAdapter(DefaultMFAAdapter):
    """Adapter that keeps the keys of authenticator apps and recovery codes encrypted in the database.

    Of a passkey the database holds the public half, which opens nothing, so that stays readable.
    """

    def build_totp_svg(self, url: str) -> str:
        """Draw the QR code on white: on the dark scheme's ground a telephone could not read it."""
        return qrcode.make(url, image_factory=SvgPathFillImage).to_string(encoding="unicode")

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return _("Passkey %(number)d") % {"number": count + 1}

    def encrypt(self, text: str) -> str:
        return encrypt(text, Purpose.SECOND_FACTOR)

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt a stored key. Raises Undecryptable under other keys: an empty key would be one that anybody can
        guess."""
        return decrypt(encrypted_text, Purpose.SECOND_FACTOR)

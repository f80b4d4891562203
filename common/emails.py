"""The one spelling of an e-mail address, for storing, comparing and sending."""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models.functions import Lower, Trim
from django.utils.translation import gettext_lazy as _

MAX_EMAIL_LENGTH = 254

INVALID_ADDRESS = _("Enter a valid e-mail address, such as marie.dupont@example.org.")


def normalise_email(typed: str) -> str:
    """Return the one form in which an address is stored and compared.

    NFC, without blanks at the ends, in lower case; the domain in the form its mail is delivered to, so that
    `xn--cole-9oa.fr`, `ÉCOLE.fr` and its decomposed spelling are one domain and one person. Raises ValidationError for
    a text that is no address, or is longer than 254 characters.
    """
    address = unicodedata.normalize("NFC", typed).strip().lower()
    local, at, domain = address.rpartition("@")
    if not at:
        raise ValidationError(INVALID_ADDRESS, code="invalid")
    address = unicodedata.normalize("NFC", f"{local}@{_delivered_domain(domain)}")
    if len(address) > MAX_EMAIL_LENGTH:
        raise ValidationError(INVALID_ADDRESS, code="invalid")
    try:
        validate_email(address)
    except ValidationError as invalid:
        raise ValidationError(INVALID_ADDRESS, code="invalid") from invalid
    return address


def _delivered_domain(domain: str) -> str:
    if domain.isascii() and "xn--" not in domain:
        return domain
    try:
        # Django writes mail to the same encoding: two spellings that reach one mailbox must not be two identities.
        return domain.encode("idna").decode("idna").lower()
    except UnicodeError as invalid:
        raise ValidationError(INVALID_ADDRESS, code="invalid") from invalid


class IsNfc(models.Func):
    """`<column> IS NFC NORMALIZED`, for constraints."""

    template = "%(expressions)s IS NFC NORMALIZED"
    arity = 1
    output_field = models.BooleanField()


def is_normal(column: str) -> models.Q:
    """Return the database's side of `normalise_email`, for a check constraint on an address column."""
    return models.Q(**{column: Lower(Trim(column))}) & models.Q(IsNfc(column))

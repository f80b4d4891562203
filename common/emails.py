"""The one spelling of an e-mail address, for storing, comparing and sending."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models.functions import Lower, Trim
from django.utils.translation import gettext_lazy as _

from common.typed import clean_line

MAX_EMAIL_LENGTH = 254

INVALID_ADDRESS = _("Enter a valid e-mail address, such as marie.dupont@example.org.")
UNREACHABLE_ADDRESS = _(
    "No mail reaches this address: after the @ it needs the name of a domain with a dot, such as example.org."
)

# Addresses of erased people: nobody can have one, for no domain ends in `.invalid`.
ERASED = "@erased.invalid"

# `Marie Dupont <marie@example.org>`, as mail programs copy an address.
_NAMED = re.compile(r"[^<>]*<([^<>]*)>")


def normalise_email(typed: str) -> str:
    """Return the one form in which an address is stored and compared.

    NFC, in lower case, without unseen signs, blanks at the ends and what comes along when an address is copied (a name,
    `mailto:`, a semicolon); the domain in the form its mail is delivered to, so that `xn--cole-9oa.fr`, `ÉCOLE.fr` and
    its decomposed spelling are one domain and one person. Raises ValidationError for a text that is no address, or is
    longer than 254 characters.
    """
    address = _without_what_comes_along(typed).lower()
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


def reachable_email(typed: str) -> str:
    """Return `normalise_email` of an address to which mail can be sent from outside.

    Raises ValidationError also for an address at `localhost`, at an IP address or at a name without a dot, and for that
    of an erased person.
    """
    address = normalise_email(typed)
    top = address.rpartition("@")[2].rpartition(".")[2]
    if (
        is_erased(address)
        or top == "localhost"
        or "." not in address.rpartition("@")[2]
        or not top.strip("]").strip("0123456789")
    ):
        raise ValidationError(UNREACHABLE_ADDRESS, code="unreachable")
    return address


def erased_address(key: int) -> str:
    """Return the address that stands in the place of an erased person's."""
    return f"erased-{key}{ERASED}"


def is_erased(email: str) -> bool:
    return email.endswith(ERASED)


def _without_what_comes_along(typed: str) -> str:
    address = typed if "\n" in typed or "\0" in typed else clean_line(typed)
    if named := _NAMED.fullmatch(address.rstrip(" ;,.")):
        address = named[1]
    address = address.strip(" ;,.")
    return address[len("mailto:") :].strip() if address.lower().startswith("mailto:") else address


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

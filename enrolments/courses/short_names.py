"""Form of a course's short name, by which entries and parameter strings list courses."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from common.typed import without_unseen

MAX_SHORT_NAME_LENGTH = 100

# No comma (it separates), no wildcard, no character with a meaning in a parameter string or an address, no blank at the
# ends (Postgres counts no-break spaces among the letters), no control character. Guards the column in Postgres.
_BLANK = "[:space:]\u00a0\u2007\u202f"
_INNER = "[^,*%&=/[:cntrl:]]"
_OUTER = f"[^,*%&=/[:cntrl:]{_BLANK}]"
SHORT_NAME_PATTERN = f"^{_OUTER}({_INNER}*{_OUTER})?$"

FORBIDDEN_IN_SHORT_NAME = frozenset(",*%&=/")


def normalise_short_name(typed: str) -> str:
    """Return the stored form of a short name (NFC, no unseen signs, no blanks at the ends).

    Raises ValidationError when it is empty, too long, or holds a character that separates or stands for others.
    """
    short_name = without_unseen(typed).strip()
    if not short_name:
        raise ValidationError(_("A course needs a short name."), code="required")
    if len(short_name) > MAX_SHORT_NAME_LENGTH:
        raise ValidationError(
            _("A short name has at most %(limit)d characters."),
            code="max_length",
            params={"limit": MAX_SHORT_NAME_LENGTH},
        )
    if FORBIDDEN_IN_SHORT_NAME & set(short_name) or any(
        unicodedata.category(character) in {"Cc", "Zl", "Zp"} for character in short_name
    ):
        raise ValidationError(_("A short name must not contain a comma or any of * % & = /"), code="invalid")
    return short_name

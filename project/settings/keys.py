"""Keys of the shop from the environment, and the reasons for which production refuses them."""

from __future__ import annotations

from collections.abc import Sequence
from email.utils import parseaddr
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from common.numbers import whole_number
from project.settings.environment import refuse, written

SHORTEST_KEY = 50
MAKE_ONE = "Make one with: openssl rand -hex 32"
# Words of keys that stand in this repository, in Django's own projects and in examples.
PUBLISHED = (
    "django-insecure", "not-a-secret", "tests-only", "bench-only", "only-while-building", "changeme", "change-me",
    "your-secret", "insecure",
)  # fmt: skip
BOOLEANS = {"", "0", "1", "true", "false", "yes", "no", "on", "off", "t", "f", "y", "n", "ok"}


def keys_in(name: str) -> list[str]:
    """Return the keys in a variable, separated by commas, newest first; blanks around them do not count."""
    return [key.strip() for key in written(name).split(",") if key.strip()]


def weakness(key: str) -> str:
    """Return the reason why a key can be guessed, as the end of "… is"; "" for one that cannot."""
    if any(word in key.lower() for word in PUBLISHED):
        return "one that is published in the code or in examples"
    if len(key) < SHORTEST_KEY:
        return f"shorter than {SHORTEST_KEY} characters"
    triples = {key[at : at + 3] for at in range(len(key) - 2)}
    if len(set(key)) < 8 or len(triples) < (len(key) - 2) / 2:
        return "made of the same few characters over and over"
    return ""


def refuse_unsafe(
    *, secret_key: str, fallbacks: Sequence[str], encryption_keys: Sequence[str], site_url: str, debug: bool
) -> None:
    """Raise ImproperlyConfigured with every reason why the shop must not run for real with these values.

    Old encryption keys may be weak ones: they only decrypt, until everything is encrypted anew.
    """
    reasons = []
    if debug:
        reasons.append("DEBUG is on, which shows visitors the shop's inside. Leave it out, or use `make run`")
    named = [("SECRET_KEY", secret_key)]
    named += [("one of SECRET_KEY_FALLBACKS", key) for key in fallbacks]
    named += [("the first of ENCRYPTION_KEYS", key) for key in encryption_keys[:1]]
    reasons += [f"{name} is {weakness(key)}. {MAKE_ONE}" for name, key in named if weakness(key)]
    if secret_key in fallbacks:
        reasons.append("SECRET_KEY stands among SECRET_KEY_FALLBACKS too. A rotation puts a new one in its place")
    if len(set(encryption_keys)) < len(encryption_keys):
        reasons.append("ENCRYPTION_KEYS names the same key twice")
    address = urlsplit(site_url)
    if address.scheme not in ("http", "https") or not address.hostname:
        reasons.append(f"SITE_URL is {site_url!r}, but must begin with https:// and a host name")
    if reasons:
        refuse(*reasons)


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True


def refuse_unreadable(languages: Sequence[str]) -> None:
    """Raise ImproperlyConfigured naming every variable with a value that cannot be meant."""
    reasons = []
    for name in ("DEBUG", "HSTS_PRELOAD"):
        if written(name).lower() not in BOOLEANS:
            reasons.append(f"{name} is {written(name)!r}, but must be 1 or 0")
    for name in ("TRUST_PROXY", "PORT", "WEB_CONCURRENCY"):
        if written(name) and whole_number(written(name)) is None:
            reasons.append(f"{name} is {written(name)!r}, but must be a whole number")
    for name in ("DEFAULT_FROM_EMAIL", "SALES_EMAIL", "SECURITY_EMAIL"):
        if written(name) and not _is_address(parseaddr(written(name))[1]):
            reasons.append(f"{name} is {written(name)!r}, but must be an e-mail address")
    language, zone, currency = (written(name) for name in ("SHOP_LANGUAGE", "TIME_ZONE", "SHOP_CURRENCY"))
    if language and language not in languages:
        reasons.append(f"SHOP_LANGUAGE is {language!r}, but must be one of {', '.join(languages)}")
    if zone and zone not in available_timezones():
        reasons.append(f"TIME_ZONE is {zone!r}, but must be a name such as Europe/Paris")
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        reasons.append(f"SHOP_CURRENCY is {currency!r}, but must be three capital letters such as EUR")
    if reasons:
        refuse(*reasons)

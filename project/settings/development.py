"""Development, for `make run`: sandbox payments, readable mails, embedded servers."""

from project.settings.base import *
from project.settings.environment import payment_providers, refuse_incomplete, servers_at
from project.settings.keys import refuse_unsafe
from workbench.servers.addresses import development_addresses

refuse_incomplete(debug=DEBUG)
if not DEBUG:
    refuse_unsafe(
        secret_key=SECRET_KEY,
        fallbacks=SECRET_KEY_FALLBACKS,
        encryption_keys=ENCRYPTION_KEYS,
        site_url=SITE_URL,
        debug=False,
    )

# Providers for which there are keys: test keys of one's own, or those of the stand-ins that `make run` starts.
_KEYS = {
    "stripe": "STRIPE_SECRET_KEY",
    "lyra": "LYRA_SITE_ID",
    "mollie": "MOLLIE_API_KEY",
    "gocardless": "GOCARDLESS_ACCESS_TOKEN",
}
_with_keys = [provider for provider, key in _KEYS.items() if env.str(key, default="")]
PAYMENT_PROVIDERS = payment_providers(
    "sandbox", *_with_keys, "transfer", "cheque", "public_mandate", "on_account", "credit", "free"
)
IMAGINARY_MONEY = True
CALLS_MAY_STAY_INSIDE = True
DEV_MAIL = True
INSTALLED_APPS = [*INSTALLED_APPS, "workbench"]

# The servers of `make run`, where the environment names no others.
_embedded = development_addresses(BASE_DIR)
globals().update(
    servers_at(
        env.str("DATABASE_URL", default="") or _embedded.database_url,
        env.str("REDIS_URL", default="") or _embedded.redis_url,
    )
)

# Without a mail server of one's own (EMAIL_URL) mails are written to a folder, which /dev/mail/ reads.
EMAIL_FILE_PATH = _embedded.data / "mail"
if not env.str("EMAIL_URL", default=""):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"

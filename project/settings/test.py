"""Tests: production's behaviour (DEBUG off) over plain HTTP, with the sandbox and readable mails.

The pytest plugin `tests.servers` names the servers in the environment before this is imported. Tools that only
read the models (type checker, migrations check) import it without any server.
"""

import tempfile

from project.settings.base import *

DEBUG = False
# The tests of the rule itself switch it on; all others sign staff in without a telephone.
STAFF_NEEDS_SECOND_FACTOR = False
SECRET_KEY = "tests-only-" + "0123456789" * 5
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]

SITE_URL = env.str("SITE_URL", default="http://testserver")
HTTPS = False
VIES_URL = ""
SECURE_SSL_REDIRECT = SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME, LANGUAGE_COOKIE_NAME = "sessionid", "csrftoken", "django_language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = False
SECURE_HSTS_SECONDS = 0
DEFAULT_FROM_EMAIL = SERVER_EMAIL = "Amphi <shop@amphi.example>"
SALES_EMAIL = "sales@amphi.example"
SECURITY_EMAIL = "security@amphi.example"

# Tests do in seconds what people do in days; tests of the limits put ours back. Limits counted by rows stay.
RATE_LIMITS = {
    what: RATE_LIMITS[what]
    for what in ("guess of a code", "member invitation again", "mail to person", "mail to person again")
}

PAYMENT_PROVIDERS = ("sandbox", "transfer", "free")
IMAGINARY_MONEY = True
CALLS_MAY_STAY_INSIDE = True
DEV_MAIL = True

# A shop in processes of its own shows its mails at /dev/mail/, like development.
EMAIL_FILE_PATH = env.str("MAIL_FOLDER", default="")
# A page that asks one row at a time fails. Allowed is a second query for a single row in code that is not ours: the
# frameworks' sign-in looks such rows up by key, again and again.
INSTALLED_APPS = [*INSTALLED_APPS, "workbench", "zeal"]
MIDDLEWARE = [*MIDDLEWARE, "zeal.middleware.zeal_middleware"]
ZEAL_ALLOWLIST = [
    {"model": "account.EmailAddress", "field": "get()"},
    {"model": "accounts.User", "field": "get()"},
    {"model": "mfa.Authenticator", "field": "get()"},
    {"model": "sessions.Session", "field": "get()"},
    # Whole services run several times in one request where the sandbox notifies thrice, or the merchant tries an
    # entry: each finds and locks its own row, once.
    {"model": "shop.Payment", "field": "get()"},
    {"model": "shop.PaymentEvent", "field": "get()"},
    {"model": "shop.Order", "field": "get()"},
    # Forms of settings in a single row find it anew when a refusal is told in them.
    {"model": "shop.ShopIdentity", "field": "get()"},
    {"model": "documents.NumberFormats", "field": "get()"},
    # Django's own formsets find each row of the administration's inlines by its key; its choice of permissions names
    # the type of each; a category's ancestors are walked up, six levels at most.
    {"model": "catalog.PriceTier", "field": "get()"},
    {"model": "catalog.EntryField", "field": "get()"},
    {"model": "accounts.Membership", "field": "get()"},
    {"model": "auth.Permission", "field": "content_type"},
    {"model": "catalog.Category", "field": "get()"},
]
# A test sees what it has just written.
FRAME_SECONDS = 0

EMAIL_BACKEND = f"django.core.mail.backends.{'filebased' if EMAIL_FILE_PATH else 'locmem'}.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MEDIA_ROOT = Path(tempfile.gettempdir()) / "amphi-test-media"
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# Files are looked for when asked for: nothing is collected, and no test client scans the folders.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
LOGGING = LOGGING | {"root": LOGGING["root"] | {"level": "WARNING"}}

"""Tests: production's behaviour (DEBUG off) over plain HTTP, with the sandbox and readable mails.

The pytest plugin `tests.servers` names the servers in the environment before this is imported. Tools that only
read the models (type checker, migrations check) import it without any server.
"""

import tempfile

from shop.settings.base import *

DEBUG = False
# The tests of the rule itself switch it on; all others sign staff in without a telephone.
STAFF_NEEDS_SECOND_FACTOR = False
SECRET_KEY = "tests-only-" + "0123456789" * 5
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]

SITE_URL = env.str("SITE_URL", default="http://testserver")
HTTPS = False
SECURE_SSL_REDIRECT = SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = False
SECURE_HSTS_SECONDS = 0
DEFAULT_FROM_EMAIL = SERVER_EMAIL = "Amphi <shop@amphi.example>"
SALES_EMAIL = "sales@amphi.example"

# Tests do in seconds what people do in days; those of the limits put ours back.
RATE_LIMITS = {}

PAYMENT_PROVIDERS = ("shop.providers.sandbox", *PAYMENT_PROVIDERS)
DEV_MAIL = True

# A shop in processes of its own shows its mails at /dev/mail/, as development does.
EMAIL_FILE_PATH = env.str("MAIL_FOLDER", default="")
# A test sees what it has just written.
FRAME_SECONDS = 0

EMAIL_BACKEND = f"django.core.mail.backends.{'filebased' if EMAIL_FILE_PATH else 'locmem'}.EmailBackend"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MEDIA_ROOT = tempfile.gettempdir() + "/amphi-test-media"
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
# Files are looked for when asked for: nothing is collected, and no test client scans the folders.
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
LOGGING = LOGGING | {"root": {"handlers": ["console"], "level": "WARNING"}}

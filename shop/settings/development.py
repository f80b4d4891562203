"""Development, as `make run` starts it: sandbox payments, readable mails, embedded servers."""

from shop.settings.base import *
from shop.settings.environment import refuse_incomplete

refuse_incomplete(debug=DEBUG)

PAYMENT_PROVIDERS = ("shop.providers.sandbox", *PAYMENT_PROVIDERS)
DEV_MAIL = True

# Without a mail server of one's own (EMAIL_URL) mails are written to a folder, which /dev/mail/ reads.
EMAIL_FILE_PATH = DATA_FOLDER / "mail"
if not env.str("EMAIL_URL", default=""):
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"

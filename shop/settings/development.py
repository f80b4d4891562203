"""Development, as `make run` starts it: sandbox payments, readable mails, embedded servers."""

from shop.settings.base import *
from shop.settings.environment import refuse_incomplete

refuse_incomplete(debug=DEBUG)

PAYMENT_PROVIDERS = ("shop.providers.sandbox", *PAYMENT_PROVIDERS)
DEV_MAIL = True

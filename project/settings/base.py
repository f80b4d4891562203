"""Settings that every way of running shares. Importing this starts nothing and needs no server."""

from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from common.floors import template_folders
from handlers.folders import application
from project.settings.admin_site import UNFOLD as UNFOLD
from project.settings.content_security import *
from project.settings.database import *
from project.settings.documents import DOCUMENT_NUMBERS as DOCUMENT_NUMBERS
from project.settings.environment import at_least_one, env, payment_providers, servers_at
from project.settings.keys import keys_in, refuse_unreadable
from project.settings.rate_limits import *
from project.settings.retention import RETENTION as RETENTION
from project.settings.second_person import *
from project.settings.sign_in import *
from project.settings.step_up import *
from project.settings.storage import storages_for
from project.settings.watching import *
from project.settings.watching import watching_middleware, with_reports

BASE_DIR = Path(__file__).resolve().parents[2]

refuse_unreadable(("en", "fr"))

DEBUG = env.bool("DEBUG", default=False)
# The administration is closed to staff who sign in with a password alone.
STAFF_NEEDS_SECOND_FACTOR = not DEBUG
SECRET_KEY = env.str("SECRET_KEY", default="") or ("not-a-secret-development-only" if DEBUG else "")
# Former keys, which still read sessions, links and notes of forms; see docs/deploy.md for a rotation.
SECRET_KEY_FALLBACKS = keys_in("SECRET_KEY_FALLBACKS")
# Keys of what is stored encrypted, newest first; SECRET_KEY and its fallbacks go on reading.
ENCRYPTION_KEYS = keys_in("ENCRYPTION_KEYS")

# --- Addresses -------------------------------------------------------------------------------------------------------

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
SITE_URL = env.str(
    "SITE_URL", default=f"http://127.0.0.1:{env.int('PORT', default=8000)}" if DEBUG else f"https://{ALLOWED_HOSTS[0]}"
).rstrip("/")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# --- Applications ----------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "modeltranslation",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "django_countries",
    "common",
    "outbox",
    "accounts",
    "documents",
    "billing",
    "enrolments",
    "handlers",
    "catalog",
    "shop",
    "project",
]

MIDDLEWARE = [
    "project.middleware.RequestLogMiddleware",
    "project.middleware.ProbeMiddleware",
    "project.middleware.AfterwardsMiddleware",
    "project.middleware.DatabaseDeadlineMiddleware",
    *watching_middleware(metrics=METRICS_TOKEN, traces=OTEL_EXPORTER_OTLP_ENDPOINT),
    "django.middleware.security.SecurityMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "project.middleware.ContentSecurityPolicyMiddleware",
    "project.middleware.BodySizeMiddleware",
    "accounts.browser_sessions.middleware.BrowserSessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "project.middleware.ReadableRequestMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.browser_sessions.middleware.SessionLimitsMiddleware",
    "accounts.rate_limits.wide_networks.WideNetworkMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "project.send_again.SignedOutMeanwhileMiddleware",
    "project.language_switch.LanguageSwitchMiddleware",
    "accounts.sign_in.step_up.middleware.StepUpMiddleware",
    "accounts.security_log.viewing.StaffViewsMiddleware",
]

ROOT_URLCONF = "project.urls"
WSGI_APPLICATION = "project.wsgi.application"

FORM_RENDERER = "common.form_renderer.Renderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": template_folders(BASE_DIR),
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "django.template.loaders.filesystem.Loader",
                        "django.template.loaders.app_directories.Loader",
                        # The packages of handlers, which are no applications.
                        "handlers.template_loader.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Postgres and Redis ----------------------------------------------------------------------------------------------

REDIS_URL: str
globals().update(servers_at(env.str("DATABASE_URL", default=""), env.str("REDIS_URL", default="")))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis may be flushed or stopped at any time, so rate limits and sessions live in Postgres.
# The cache's table is made by `manage.py createcachetable`.
# Many more entries than Django's 300: a person who fills the cache with counts of attempts, each for another address,
# must not push out the counts of others.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}
SESSION_ENGINE = "accounts.browser_sessions.store"

# --- Celery: the doorbell --------------------------------------------------------------------------------------------

CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.5,
    # A worker that waits for a Redis which vanished without closing its connection notices after some ten seconds.
    "health_check_interval": 5,
    # Redis does not track the messages that a worker holds: after as many lost answers as the worker has processes,
    # the worker would take no message ever again.
    "ack_emulation": False,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A full Redis answers with errors, which would end a worker without this setting.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "amphi"
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# By default a new process that does not report within four seconds is killed and another made: on a machine that busy,
# again and again, and no job is run at all.
CELERY_WORKER_PROC_ALIVE_TIMEOUT = 60
# Every entry is a matter of seconds; remembering its last run in a file would only add state to the machine.
CELERY_BEAT_SCHEDULER = "celery.beat:Scheduler"

# Calls of one service outside, such as the mail server, at a time: on all machines together.
OUTBOX_CALLS_AT_ONCE = at_least_one("OUTBOX_CALLS_AT_ONCE", default=4)

# So long a place is kept for whoever it is offered to from a waiting list.
WAITING_OFFER_HOURS = at_least_one("WAITING_OFFER_HOURS", default=48)

# Days of the books are closed so many days after they ended, once they are whole.
BOOKS_CLOSE_AFTER_DAYS = at_least_one("BOOKS_CLOSE_AFTER_DAYS", default=3)

# --- Language, time, money -------------------------------------------------------------------------------------------

LANGUAGES = [("en", _("English")), ("fr", _("French"))]
SHOP_LANGUAGE = env.str("SHOP_LANGUAGE", default="fr")
LANGUAGE_CODE = SHOP_LANGUAGE
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["project.formats"]
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
MODELTRANSLATION_LANGUAGES = ("en", "fr")
MODELTRANSLATION_TRANSLATION_FILES = ("enrolments.courses.translation", "shop.seller.translation")
MODELTRANSLATION_DEFAULT_LANGUAGE = SHOP_LANGUAGE
MODELTRANSLATION_FALLBACK_LANGUAGES = (SHOP_LANGUAGE, *(code for code in ("en", "fr") if code != SHOP_LANGUAGE))
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Paris")
USE_TZ = True
SHOP_CURRENCY = env.str("SHOP_CURRENCY", default="EUR")

# --- Mail ------------------------------------------------------------------------------------------------------------

globals().update(env.email_url_config(env.str("EMAIL_URL", default="dummymail://" if DEBUG else "smtp://localhost:25")))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"Amphi <shop@{urlsplit(SITE_URL).hostname}>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# The bare address: `DEFAULT_FROM_EMAIL` may carry a name.
SALES_EMAIL = env.str("SALES_EMAIL", default=parseaddr(DEFAULT_FROM_EMAIL)[1])
# Where faults of security are told, by strangers (security.txt) and by the shop itself.
SECURITY_EMAIL = env.str("SECURITY_EMAIL", default=SALES_EMAIL)

# --- The shop --------------------------------------------------------------------------------------------------------

# Packages of shop/providers, in the order in which customers see them.
PAYMENT_PROVIDERS = payment_providers("transfer", "on_account", "credit", "free")
# Allows a provider that delivers without any money. Nowhere but in development, tests and benchmarks.
IMAGINARY_MONEY = False
# Lets addresses of services that the administration was given lead to this machine or its network, where stand-ins
# are. Nowhere but in development and tests.
CALLS_MAY_STAY_INSIDE = False
# Register of VAT numbers of the Union; empty: nobody is asked. Development and tests ask nobody but a stand-in.
VIES_URL = env.str("VIES_URL", default="" if DEBUG else "https://ec.europa.eu/taxation_customs/vies/rest-api")
# Folders with handlers of one's own, besides those in handlers/ and in installed packages.
HANDLER_DIRS = env.list("HANDLER_DIRS", default=[])
# Handlers that are Django applications too, with tables and pages of their own; see docs/handlers.md.
HANDLER_APPS = env.list("HANDLER_APPS", default=[])
INSTALLED_APPS += [application(name, HANDLER_DIRS) for name in HANDLER_APPS]
# Routes /dev/mail/, which shows every mail with its links and codes.
DEV_MAIL = False

# The seconds for which a web process remembers the parts of the catalogue that pages show: seller, categories, cards
# of entries, an entry with its prices. A merchant's changes are seen that much later; the checkout and all posted
# forms read the database.
FRAME_SECONDS = 2

# --- Files -----------------------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "media/"
MEDIA_ROOT = BASE_DIR / "media"
STORAGE_URL = env.str("STORAGE_URL", default="")
STORAGES = storages_for(STORAGE_URL)
# A checkout page carries up to 25 micro-forms, an admin form the fields of every handler.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

# --- Transport security ----------------------------------------------------------------------------------------------
# The shop is reached by HTTPS unless its own address begins with http://.

HTTPS = SITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# An entry in the browsers' own lists lasts for months after a change of mind, and holds for the whole domain: only the
# person in charge of the domain may ask for it. Django's check would have everybody do so.
SECURE_HSTS_PRELOAD = HTTPS and env.bool("HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W021"]
# A cookie with this prefix is taken from this very host alone, by HTTPS, and for every path.
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "django_language"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "project.send_again.csrf_failure"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

# The number of proxies in front of the web servers: only the X-Forwarded-* headers of these proxies are believed.
TRUST_PROXY = env.int("TRUST_PROXY", default=0)
if TRUST_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
ALLAUTH_TRUSTED_PROXY_COUNT = TRUST_PROXY

# --- Logging ---------------------------------------------------------------------------------------------------------

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        # A line for each request and each job: production's (see project/settings/production.py).
        "shop.requests": {"level": "WARNING"},
        "outbox.jobs": {"level": "WARNING"},
    },
}
LOGGING = with_reports(LOGGING, SENTRY_DSN)

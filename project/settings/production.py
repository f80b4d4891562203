"""Production: the default. Refuses to start when the environment is incomplete."""

from project.settings.base import *
from project.settings.environment import refuse_incomplete
from project.settings.keys import refuse_unsafe

refuse_incomplete(debug=False)
refuse_unsafe(
    secret_key=SECRET_KEY,
    fallbacks=SECRET_KEY_FALLBACKS,
    encryption_keys=ENCRYPTION_KEYS,
    site_url=SITE_URL,
    debug=DEBUG,
)

# JSON lines on standard error: one for each request, job and error.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "project.logs.JsonLines"}},
    "handlers": {"lines": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["lines"], "level": "INFO"},
    "loggers": {
        # Django's own handlers would print the lines a second time, as text.
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # The request's own line has the status; these loggers add only errors of ours.
        "django.request": {"level": "ERROR"},
        # The start and end of each task, every second; the jobs of a task have lines of their own.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
    },
}
LOGGING = with_reports(LOGGING, SENTRY_DSN)

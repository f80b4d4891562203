"""Errors that a job, a retry or a mail may raise, and their meaning for the worker."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from common.refusals import Refused


class Temporary(Exception):
    """Raised by a job that should run again later: retried with back-off, logged quietly."""


class ServiceAway(Temporary):
    """Raised by a job when the service outside that it calls does not answer, or refuses the shop altogether.

    No fault of the job: after a few such failures in a row all jobs of the service wait, without an attempt lost, until
    the service answers again.
    """


class Final(Exception):
    """Raised by a job that no further attempt can help: the job is dead at once."""


class JobKeyTaken(ValueError):
    """The key belongs to a job of another kind: recording it again would lose one of the two."""


class RetryRefused(Refused):
    """The job cannot be run again."""


class DismissalRefused(Refused):
    """The job cannot be dismissed."""


class ResendRefused(Refused):
    """The mail cannot be sent again."""


SECRET_IS_GONE = _(
    "This mail contained a one-time code or link and cannot be sent again. Its recipient can ask for a new one."
)
TEXT_IS_GONE = _("The text of this mail was deleted because of its age; it cannot be sent again.")
TOO_LATE = _("This mail was of use until a date that is past, and cannot be sent again.")

"""Services outside that do not answer, in words for the merchant."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count
from django.utils.translation import gettext, ngettext

from common.refusals import Sentence
from common.registry import Registry
from common.templatetags.money import grouped
from common.templatetags.periods import moment
from outbox.jobs.models import Job, OutsideService
from outbox.jobs.registry import job_kind_label, kinds_of_service


@dataclass(frozen=True)
class ServiceName:
    """Words for a service: `label` begins a sentence, such as "The mail server"; `waiting(count)` is a sentence about
    what waits for it."""

    label: Sentence
    waiting: Callable[[int], str]


# By the service's name, that of its kinds of jobs. A service that nobody named is told by their labels.
SERVICE_NAMES: Registry[ServiceName] = Registry("name of a service outside")


@dataclass(frozen=True)
class Outage:
    """A service that does not answer: since when, the last error, and the number of its jobs that wait."""

    service: str
    since: datetime
    last_error: str
    waiting: int

    def __str__(self) -> str:
        named = SERVICE_NAMES.find(self.service)
        label = str(named.label) if named else _by_kinds(self.service)
        since = gettext("%(service)s has not answered since %(moment)s.") % {
            "service": label,
            "moment": moment(self.since),
        }
        return f"{since} {(named.waiting if named else jobs_wait)(self.waiting)}"


def outages() -> list[Outage]:
    """List the services that are left alone now, by name; one query if there are none, two otherwise."""
    away = list(OutsideService.objects.filter(left_alone_until__isnull=False).order_by("name"))
    if not away:
        return []
    kinds = {service.name: kinds_of_service(service.name) for service in away}
    counted = (
        Job.objects.pending()
        .filter(kind__in=[kind for names in kinds.values() for kind in names])
        .order_by()
        .values_list("kind")
        .annotate(jobs=Count("pk"))
    )
    jobs = dict(counted)
    return [
        Outage(
            service.name,
            service.failing_since,
            service.last_error,
            sum(jobs.get(kind, 0) for kind in kinds[service.name]),
        )
        for service in away
        if service.failing_since is not None
    ]


def kinds_left_alone() -> list[str]:
    """Return the names of the kinds whose jobs wait for a service that does not answer."""
    away = OutsideService.objects.filter(left_alone_until__isnull=False).values_list("name", flat=True)
    return [kind for service in away for kind in kinds_of_service(service)]


def jobs_wait(count: int) -> str:
    """Return a sentence about jobs that wait for a service."""
    text = ngettext("%(count)s job waits and goes on by itself.", "%(count)s jobs wait and go on by themselves.", count)
    return text % {"count": grouped(count)}


def _by_kinds(service: str) -> str:
    labels = ", ".join(job_kind_label(kind) for kind in kinds_of_service(service)) or service
    return gettext("The service of “%(kinds)s”") % {"kinds": labels}

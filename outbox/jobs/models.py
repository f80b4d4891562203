"""A job: something that must happen, recorded in the transaction that causes it."""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.search import index_of_words
from outbox.jobs.labels import JOB_KIND_LABELS

# Key in a job's payload of the step that recorded the job, where that is traced; for `common.tracing` alone.
PARENT = "traceparent"


class JobQuerySet(models.QuerySet["Job"]):
    def pending(self) -> JobQuerySet:
        return self.filter(state=Job.State.PENDING)

    def due(self) -> JobQuerySet:
        """Return pending jobs whose time has come by the *database's* clock, the longest waiting first.

        A worker's own clock is never asked: a wrong one would run jobs early or never.
        """
        return self.pending().filter(due_at__lte=Now()).order_by("due_at", "id")

    def dead(self) -> JobQuerySet:
        return self.filter(state=Job.State.DEAD)

    def dismissed(self) -> JobQuerySet:
        """Keep dead jobs that were dismissed after they died; a job brought back that dies again asks for attention
        again."""
        return self.dead().filter(dismissed_at__gte=F("finished_at"))

    def given_up(self) -> JobQuerySet:
        """Keep dead jobs that nobody has dismissed since they died."""
        return self.dead().filter(Q(dismissed_at__isnull=True) | Q(dismissed_at__lt=F("finished_at")))


class Job(models.Model):
    """One thing to do, exactly once for database work, at least once for work outside it.

    `key` names the thing itself (`fulfil_line:17`), so that recording it twice changes nothing. While the job is
    `pending`, `due_at` is the time of the next claim, unless the job's worker still has the row locked; `lease` names
    the claim under which the job runs. A job with an `order_id` is listed on that order's page. The last dismissal of a
    dead job stays on it, whatever becomes of the job.
    """

    DISMISSAL_LENGTH = 300

    class Urgency(models.IntegerChoices):
        """Classes of jobs, the most urgent first: a job waits for none of a class after its own."""

        CODES = 1, pgettext_lazy("urgency of a job", "codes")
        DELIVERIES = 2, pgettext_lazy("urgency of a job", "deliveries")
        MAILS = 3, pgettext_lazy("urgency of a job", "mails")
        REST = 4, pgettext_lazy("urgency of a job", "the rest")

    class State(models.TextChoices):
        PENDING = "pending", pgettext_lazy("state of a job", "pending")
        DONE = "done", pgettext_lazy("state of a job", "done")
        DEAD = "dead", pgettext_lazy("state of a job", "dead")

    kind = models.CharField(_("kind"), max_length=60)
    key = models.CharField(_("key"), max_length=200)
    payload = models.JSONField(_("payload"), default=dict, db_default={}, encoder=DjangoJSONEncoder)
    account_id = models.BigIntegerField(_("customer account"), null=True, blank=True)
    order_id = models.BigIntegerField(_("order"), null=True, blank=True)
    # The previous release names no urgency, and its deliveries must not wait behind mails.
    urgency = models.PositiveSmallIntegerField(
        _("urgency"), choices=Urgency.choices, default=Urgency.DELIVERIES, db_default=Urgency.DELIVERIES
    )
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.PENDING, db_default=State.PENDING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, db_default=0)
    max_attempts = models.PositiveSmallIntegerField(_("attempts at most"))
    due_at = models.DateTimeField(_("due at"), db_default=Now())
    lease = models.UUIDField(_("lease"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True, default="", db_default="")
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    dismissed_at = models.DateTimeField(_("dismissed at"), null=True, blank=True)
    dismissed_by_id = models.BigIntegerField(_("dismissed by"), null=True, blank=True)
    dismissed_reason = models.CharField(
        _("why it was dismissed"), max_length=DISMISSAL_LENGTH, blank=True, default="", db_default=""
    )

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ("-id",)
        permissions = (("retry_job", _("Can run a job again")),)
        constraints = (
            models.UniqueConstraint(fields=["key"], name="outbox_job_key_unique"),
            models.CheckConstraint(condition=~Q(kind="") & ~Q(key=""), name="outbox_job_kind_and_key_given"),
            models.CheckConstraint(condition=Q(state__in=["pending", "done", "dead"]), name="outbox_job_state_known"),
            models.CheckConstraint(condition=Q(urgency__in=[1, 2, 3, 4]), name="outbox_job_urgency_known"),
            models.CheckConstraint(
                condition=Q(max_attempts__gte=1) & Q(attempts__gte=0) & Q(attempts__lte=F("max_attempts")),
                name="outbox_job_attempts_capped",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="pending", finished_at__isnull=True) | (~Q(state="pending") & Q(finished_at__isnull=False))
                ),
                name="outbox_job_finished_when_over",
            ),
            models.CheckConstraint(
                condition=Q(lease__isnull=True) | Q(state="pending"),
                name="outbox_job_lease_while_pending",
            ),
            models.CheckConstraint(
                condition=(
                    Q(dismissed_at__isnull=True, dismissed_by_id__isnull=True, dismissed_reason="")
                    | (Q(dismissed_at__isnull=False) & ~Q(dismissed_reason=""))
                ),
                name="outbox_job_dismissed_with_reason",
            ),
        )
        indexes = (
            models.Index(fields=["due_at", "id"], condition=Q(state="pending"), name="outbox_job_due"),
            # The claim's: each kind of each urgency is a queue of its own in it (`claiming.py`).
            models.Index(
                fields=["urgency", "kind", "due_at", "id"], condition=Q(state="pending"), name="outbox_job_claim"
            ),
            models.Index(fields=["finished_at"], condition=Q(state="done"), name="outbox_job_done"),
            models.Index(fields=["id"], condition=Q(state="dead"), name="outbox_job_dead"),
            models.Index(fields=["order_id"], condition=Q(order_id__isnull=False), name="outbox_job_order"),
            index_of_words("key", "last_error", name="outbox_job_words"),
        )

    def __str__(self) -> str:
        return f"{JOB_KIND_LABELS.of(self.kind)} · {self.pk} · {self.get_state_display()}"


class OutsideService(models.Model):
    """State of a service outside, such as the mail server, that jobs need: a row since its first failure.

    After some failures in a row (`breaker.py`) no job of the service is claimed before `left_alone_until`, and then one
    alone, to try it. A job that succeeds takes all that back.
    """

    name = models.CharField(primary_key=True, max_length=60)
    failures = models.PositiveIntegerField(default=0, db_default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    left_alone_until = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True, default="", db_default="")

    class Meta:
        default_permissions = ()
        constraints = (
            models.CheckConstraint(condition=~Q(name=""), name="outbox_service_named"),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since__isnull=True) | Q(failures__gt=0, failing_since__isnull=False),
                name="outbox_service_fails_since_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(left_alone_until__isnull=True) | Q(failures__gt=0),
                name="outbox_service_left_alone_after_failures",
            ),
        )

    def __str__(self) -> str:
        return self.name

"""Jobs in the admin: waiting, done and dead ones with the reason, and a button to run a job again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from common.admin.display import choice_label, link
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from outbox.jobs.models import Job, JobQuerySet
from outbox.jobs.outages import outages
from outbox.jobs.registry import job_kind_label, job_kind_labels, kinds_told_elsewhere
from outbox.jobs.services import dismiss_job, retry_job

JOB_COLOURS = {Job.State.PENDING: "info", Job.State.DONE: "success", Job.State.DEAD: "danger"}


class KindFilter(DropdownFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return job_kind_labels()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class GivenUpFilter(DropdownFilter):
    """Filter for jobs that gave up: those that ask for attention, and those dismissed."""

    title = _("to do")
    parameter_name = "todo"
    GIVEN_UP, OTHERS, DISMISSED = "given_up", "others", "dismissed"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        others = _("gave up, neither a mail nor a line of an order")
        return [(self.GIVEN_UP, _("gave up")), (self.OTHERS, others), (self.DISMISSED, _("dismissed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        match self.value():
            case self.GIVEN_UP:
                return queryset.filter(pk__in=Job.objects.given_up().values("pk"))
            case self.OTHERS:
                return queryset.filter(pk__in=told_by_jobs_alone().values("pk"))
            case self.DISMISSED:
                return queryset.filter(pk__in=Job.objects.dismissed().values("pk"))
        return queryset


def told_by_jobs_alone() -> JobQuerySet:
    """Return the jobs that gave up, but for those of mails and lines of orders, which the merchant learns of there."""
    return Job.objects.given_up().exclude(kind__in=kinds_told_elsewhere())


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = (
        "kind_label",
        "urgency_label",
        "state_label",
        "key",
        "attempts_label",
        "due_at",
        "finished_at",
        "last_error_start",
    )
    list_filter = (
        GivenUpFilter,
        ("state", ChoicesDropdownFilter),
        ("urgency", ChoicesDropdownFilter),
        KindFilter,
        ("due_at", DayRangeFilter),
    )
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("key",)
    whole_fields = ("key",)
    search_help_text = _("Key or error")
    ordering = ("-id",)
    fields = (
        "kind_label", "urgency", "state", "key", "attempts_label", "due_at", "last_error", "payload", "account_id",
        "order_id", "created_at", "finished_at", "dismissed_at", "dismissed_by", "dismissed_reason",
    )  # fmt: skip
    readonly_fields = fields
    list_before_template = "jobs/admin/outages.html"
    change_form_outer_before_template = "jobs/admin/job_tools.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:job_id>/retry/", wrap(self.retry), name="outbox_job_retry"),
            path("<int:job_id>/dismiss/", wrap(self.dismiss), name="outbox_job_dismiss"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "outages": outages()})

    def row_context(self, request: HttpRequest, row: Job) -> dict[str, Any]:
        return {
            "may_retry": request.user.has_perm("outbox.retry_job"),
            "may_dismiss": Job.objects.given_up().filter(pk=row.pk).exists(),
            "reason_length": Job.DISMISSAL_LENGTH,
        }

    def retry(self, request: HttpRequest, job_id: int) -> HttpResponse:
        return self.ask_service(
            request,
            job_id,
            permission="outbox.retry_job",
            service=lambda: retry_job(job_id=job_id, actor_id=request.user.pk, now=timezone.now()),
            done=_("The job runs again in a moment."),
        )

    def dismiss(self, request: HttpRequest, job_id: int) -> HttpResponse:
        return self.ask_service(
            request,
            job_id,
            permission="outbox.retry_job",
            service=lambda: dismiss_job(job_id=job_id, reason=posted_reason(request), actor_id=request.user.pk),
            done=_("The job is dismissed: it no longer waits for you."),
        )

    @display(description=_("kind"), ordering="kind")
    def kind_label(self, job: Job) -> str:
        return job_kind_label(job.kind)

    @display(description=_("urgency"), ordering="urgency")
    def urgency_label(self, job: Job) -> str:
        return job.get_urgency_display()

    @display(description=_("state"), ordering="state")
    def state_label(self, job: Job) -> SafeString:
        return choice_label(job, "state", JOB_COLOURS)

    @display(description=_("attempts"), ordering="attempts")
    def attempts_label(self, job: Job) -> str:
        return gettext("%(attempts)s of %(most)s") % {"attempts": job.attempts, "most": job.max_attempts}

    @display(description=_("dismissed by"))
    def dismissed_by(self, job: Job) -> SafeString | str:
        """Link to the page of the person, which belongs to a floor above: it is found by name, where it is
        installed."""
        return link("accounts_user", job.dismissed_by_id, _("Open the person"))

    @display(description=_("last error"))
    def last_error_start(self, job: Job) -> str:
        return job.last_error[:80]


def posted_reason(request: HttpRequest) -> str:
    """Return the reason typed for a dismissal, without what a text column cannot store."""
    return request.POST.get("reason", "").replace("\0", "").strip()[: Job.DISMISSAL_LENGTH]

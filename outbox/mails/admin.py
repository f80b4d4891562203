"""Mails in the admin, each with recipient and text, without its one-time links and codes."""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display

from common.admin.display import choice_label, link, two_lines
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from outbox.jobs.admin import posted_reason
from outbox.jobs.models import Job
from outbox.mails.finding import matching_mails
from outbox.mails.frames import framed_html
from outbox.mails.kinds import mail_kind_label, mail_kind_labels
from outbox.mails.models import Mail
from outbox.mails.rendering import RenderedMail, render_mail
from outbox.mails.services import dismiss_mail, resend_mail

logger = logging.getLogger(__name__)

MAIL_COLOURS = {Mail.State.QUEUED: "info", Mail.State.SENT: "success", Mail.State.FAILED: "danger"}


class KindFilter(DropdownFilter):
    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return mail_kind_labels()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Mail]) -> QuerySet[Mail]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class UnsentFilter(DropdownFilter):
    """Filter for mails that could not be sent and need attention."""

    title = _("to do")
    parameter_name = "todo"
    UNSENT = "unsent"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(self.UNSENT, _("could not be sent"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Mail]) -> QuerySet[Mail]:
        if self.value() != self.UNSENT:
            return queryset
        return queryset.filter(pk__in=Mail.objects.unsent(timezone.now()).values("pk"))


@admin.register(Mail)
class MailAdmin(ReadOnlyAdmin):
    list_display = ("recipient", "state_label", "told", "language_name", "order_link", "created_at", "sent_at")
    list_filter = (
        UnsentFilter,
        ("state", ChoicesDropdownFilter),
        KindFilter,
        ("created_at", DayRangeFilter),
    )
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("search_text", "key", "=order_id")
    linked_lookups = ("order_id__exact",)
    search_help_text = _("Address, subject, number of the order, person or customer account")
    ordering = ("-id",)
    fields = (
        "recipient", "state", "kind_label", "language_name", "order_link", "created_at", "expires_at", "sent_at",
        "forgotten_at", "failed_reason", "has_secret", "original", "message_id",
    )  # fmt: skip
    readonly_fields = fields
    change_form_outer_before_template = "mails/admin/mail_tools.html"
    change_form_outer_after_template = "mails/admin/mail_body.html"

    def get_urls(self) -> list[URLPattern]:
        return [
            path("<int:mail_id>/body/", self.admin_site.admin_view(self.body), name="outbox_mail_body"),
            path("<int:mail_id>/resend/", self.admin_site.admin_view(self.resend), name="outbox_mail_resend"),
            path("<int:mail_id>/dismiss/", self.admin_site.admin_view(self.dismiss), name="outbox_mail_dismiss"),
            *super().get_urls(),
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Mail], search_term: str
    ) -> tuple[QuerySet[Mail], bool]:
        return matching_mails(queryset, search_term), False

    def row_context(self, request: HttpRequest, row: Mail) -> dict[str, Any]:
        return {
            "rendered": _rendered(row),
            "may_resend": request.user.has_perm("outbox.resend_mail"),
            "may_dismiss": Job.objects.given_up().filter(key=row.job_key).exists(),
            "reason_length": Job.DISMISSAL_LENGTH,
        }

    def body(self, request: HttpRequest, mail_id: int) -> HttpResponse:
        """Return the HTML for the sandboxed frame; links in it lead nowhere."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        mail = self.get_object(request, str(mail_id))
        rendered = _rendered(mail) if mail is not None else None
        if rendered is None:
            raise Http404
        return framed_html(rendered.html, links_open=False)

    def resend(self, request: HttpRequest, mail_id: int) -> HttpResponse:
        return self.ask_service(
            request,
            mail_id,
            permission="outbox.resend_mail",
            service=lambda: resend_mail(mail_id=mail_id, now=timezone.now(), actor_id=request.user.pk),
            done=_("The mail is sent again in a moment."),
        )

    def dismiss(self, request: HttpRequest, mail_id: int) -> HttpResponse:
        return self.ask_service(
            request,
            mail_id,
            permission="outbox.resend_mail",
            service=lambda: dismiss_mail(mail_id=mail_id, reason=posted_reason(request), actor_id=request.user.pk),
            done=_("The mail is dismissed: it no longer waits for you."),
        )

    @display(description=_("state"), ordering="state")
    def state_label(self, mail: Mail) -> SafeString:
        return choice_label(mail, "state", MAIL_COLOURS)

    @display(description=_("kind"), ordering="kind")
    def kind_label(self, mail: Mail) -> str:
        return mail_kind_label(mail.kind)

    @display(description=_("subject"), ordering="subject")
    def told(self, mail: Mail) -> SafeString | str:
        """Return the subject above the kind; the kind alone of a mail that has not left."""
        label = mail_kind_label(mail.kind)
        return two_lines(mail.subject, label) if mail.subject else label

    @display(description=_("order"), ordering="order_id")
    def order_link(self, mail: Mail) -> SafeString | str:
        """Link to the order's page, which belongs to a floor above: the page is found by name, where it is
        installed."""
        return link("shop_order", mail.order_id, _("Open the order"))

    @display(description=_("language"), ordering="language")
    def language_name(self, mail: Mail) -> str:
        return str(dict(settings.LANGUAGES).get(mail.language, mail.language))


def _rendered(mail: Mail) -> RenderedMail | None:
    """Render a mail; None where its text was deleted, its kind or template is gone, or no longer fits the recorded
    context."""
    if mail.forgotten_at is not None:
        return None
    try:
        return render_mail(mail, blank_secrets=True)
    except Exception:
        # The page must still open: it tells what became of the mail.
        logger.warning("Mail %s cannot be rendered any more.", mail.pk, exc_info=True)
        return None

"""Acts that wait for a second person, in the admin: read, approved or declined."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from accounts.people.models import User
from accounts.second_person.acts import ACTS
from accounts.second_person.models import Approval
from accounts.second_person.services import approve, decline
from common.admin.display import anchor, choice_label, moment
from common.admin.readonly import ReadOnlyAdmin

STATE_COLOURS = {Approval.State.OPEN: "warning", Approval.State.APPROVED: "success", Approval.State.DECLINED: "default"}


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyAdmin):
    list_display = ("label", "state_label", "asked_by", "asked", "decided_by", "decided")
    list_filter = (("state", ChoicesDropdownFilter),)
    list_filter_submit = True
    rows_named = gettext_lazy("acts for a second person")
    list_select_related = ("asked_by", "decided_by")
    ordering = ("-id",)
    fields = ("act_link", "state_label", "asked_by", "asked", "decided_by", "decided")
    readonly_fields = fields
    change_form_outer_after_template = "second_person/admin/approval.html"

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:approval_id>/approve/", wrap(self.approve), name="accounts_approval_approve"),
            path("<int:approval_id>/decline/", wrap(self.decline), name="accounts_approval_decline"),
            *super().get_urls(),
        ]

    def row_context(self, request: HttpRequest, row: Approval) -> dict[str, Any]:
        act = ACTS.find(row.kind)
        if act is None:
            return {}
        may_decide = row.state == Approval.State.OPEN and request.user.has_perm(act.permission)
        return {
            "facts": act.told(row.values),
            "is_own": row.asked_by_id == request.user.pk,
            "may_decide": may_decide,
        }

    def approve(self, request: HttpRequest, approval_id: int) -> HttpResponse:
        return self._decide(request, approval_id, approve, _("Approved, and done."))

    def decline(self, request: HttpRequest, approval_id: int) -> HttpResponse:
        return self._decide(request, approval_id, decline, _("Declined: nothing was changed."))

    def _decide(self, request: HttpRequest, approval_id: int, service: Any, done: str) -> HttpResponse:
        """Answer a button; which right it takes depends on the act, and is asked by the service."""
        actor, now = cast(User, request.user), timezone.now()
        return self.ask_service(
            request,
            approval_id,
            permission="accounts.view_approval",
            service=lambda: service(approval_id=approval_id, actor=actor, now=now),
            done=done,
        )

    @display(description=gettext_lazy("act"), ordering="kind")
    def label(self, approval: Approval) -> str:
        return str(approval)

    @display(description=gettext_lazy("act"))
    def act_link(self, approval: Approval) -> SafeString | str:
        """Name the act, and link to what it is about."""
        act = ACTS.find(approval.kind)
        return anchor(act.url(approval.values), act.label) if act else approval.kind

    @display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, approval: Approval) -> SafeString:
        return choice_label(approval, "state", STATE_COLOURS)

    @display(description=gettext_lazy("asked on"), ordering="asked_at")
    def asked(self, approval: Approval) -> str:
        return moment(approval.asked_at)

    @display(description=gettext_lazy("decided on"), ordering="decided_at")
    def decided(self, approval: Approval) -> str:
        return moment(approval.decided_at)

"""Buttons for transfers in the list of refunds and on the page of one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from accounts.people.models import User
from common.admin.readonly import ReadOnlyAdmin
from common.moments import local_day
from common.refusals import Refused
from shop.payments.refunds.models import Refund
from shop.payments.transfers_back.services import make_file, note_arrived, note_came_back

SEND = "shop.send_refund"


class TransferButtons(ReadOnlyAdmin):
    """Buttons of refunds that go by transfer."""

    actions = ("make_transfer_file",)
    change_form_outer_before_template = "transfers_back/admin/refund_tools.html"

    def transfer_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:refund_id>/arrived/", wrap(self.arrived), name="shop_refund_arrived"),
            path("<int:refund_id>/came-back/", wrap(self.came_back), name="shop_refund_came_back"),
        ]

    def has_send_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(SEND)

    def row_context(self, request: HttpRequest, row: Refund) -> dict[str, Any]:
        is_transfer = row.way == Refund.Way.TRANSFER and self.has_send_permission(request)
        return {
            "may_arrive": is_transfer and row.state in Refund.OPEN,
            "may_come_back": is_transfer and row.state != Refund.State.FAILED,
        }

    @action(description=gettext_lazy("Make a transfer file for the bank"), permissions=["send"])
    def make_transfer_file(self, request: HttpRequest, queryset: QuerySet[Refund]) -> HttpResponse | None:
        """Put the chosen refunds that wait for a transfer into a file, and show it."""
        now = timezone.now()
        try:
            file = make_file(
                refund_ids=list(queryset.values_list("pk", flat=True)),
                execute_on=local_day(now),
                actor=cast(User, request.user),
                now=now,
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
            return None
        return redirect("admin:shop_transferfile_change", file.pk)

    def arrived(self, request: HttpRequest, refund_id: int) -> HttpResponse:
        return self._note(request, refund_id, note_arrived, _("The transfer is noted as carried out."))

    def came_back(self, request: HttpRequest, refund_id: int) -> HttpResponse:
        told = _("The transfer is noted as failed: the money is there again, to be sent another way.")
        return self._note(request, refund_id, note_came_back, told)

    def _note(
        self, request: HttpRequest, refund_id: int, service: Callable[..., None], done: str | Promise
    ) -> HttpResponse:
        now: datetime = timezone.now()
        return self.ask_service(
            request, refund_id, permission=SEND, service=lambda: service(refund_id=refund_id, now=now), done=done
        )

"""Button of the administration that lets an account move people after the last day sold."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from common.admin.readonly import ReadOnlyAdmin
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.move_terms import lift_move_limit

LIFT = "enrolments.lift_move_limit"


class LiftingMoveLimit(ReadOnlyAdmin):
    """Part of the pages of a line's seats: the button calls one service, by POST alone."""

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        lift = path("<int:batch_id>/lift-move-limit/", wrap(self.lift), name="enrolments_seatbatch_lift_move_limit")
        return [lift, *super().get_urls()]

    def may_lift(self, request: HttpRequest, batch: SeatBatch) -> bool:
        return batch.move_days_before is not None and request.user.has_perm(LIFT)

    def lift(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        done = _("People on these seats can be moved at any time now, until they begin.")

        def work() -> None:
            lift_move_limit(batch_id=batch_id)
            self.log_change(request, SeatBatch.objects.get(pk=batch_id), done)

        return self.ask_service(request, batch_id, permission=LIFT, service=work, done=done)

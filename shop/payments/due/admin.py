"""Due parts of orders in the administration: what is overdue, the reminder reached, and pauses of reminders."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from accounts.people.models import User
from common.admin.display import NOTHING, Label, Table, amount, columns, link, moment
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from common.moments import local_day
from shop.payments.due.models import DuePart, DueReminder, ReminderPause
from shop.payments.due.pausing import PauseWithoutReason, pause_reminders, resume_reminders
from shop.payments.due.selectors import due_parts, pauses_of

PAUSE = "shop.pause_reminders"
COLOURS = {0: "info", 1: "warning", 2: "warning", 3: "danger"}


class DueFilter(DropdownFilter):
    """Filter of parts whose day has passed, and of those whose reminders are paused."""

    title = gettext_lazy("to do")
    parameter_name = "todo"
    OVERDUE, PAUSED = "overdue", "paused"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [(self.OVERDUE, gettext_lazy("overdue")), (self.PAUSED, gettext_lazy("reminders paused"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case self.OVERDUE:
                return queryset.filter(due_on__lt=local_day(timezone.now()))
            case self.PAUSED:
                return queryset.filter(pause_id__isnull=False)
        return queryset


@admin.register(DuePart)
class DuePartAdmin(ReadOnlyAdmin):
    list_display = ("due_day", "order_link", "account_link", "money", "step_label", "told_day")
    list_display_links = ("due_day",)
    list_filter = (DueFilter, ("due_on", DayRangeFilter))
    list_filter_submit = True
    list_fullwidth = True
    list_select_related = ("order__account",)
    rows_named = gettext_lazy("due parts")
    search_fields = ("order__search_text",)
    whole_fields = ("order__number",)
    search_help_text = gettext_lazy("Order number or customer")
    ordering = ("due_on", "id")
    fields = readonly_fields = ("order_link", "account_link", "money", "due_day", "step_label", "told_day")
    change_form_outer_after_template = "due/admin/reminders.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[DuePart]:
        return due_parts()

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:part_id>/pause/", wrap(self.pause), name="shop_duepart_pause"),
            path("<int:part_id>/resume/<int:pause_id>/", wrap(self.resume), name="shop_duepart_resume"),
            *super().get_urls(),
        ]

    # --- Buttons ---

    def pause(self, request: HttpRequest, part_id: int) -> HttpResponse:
        """Pause the reminders of the part's order, or of its whole account; POST only."""

        def service() -> ReminderPause:
            return pause_reminders(
                order_id=due_parts().get(pk=part_id).order_id,
                whole_account=request.POST.get("of") == "account",
                reason=request.POST.get("reason", "").replace("\0", ""),
                actor=cast(User, request.user),
                now=timezone.now(),
            )

        return self.ask_service(
            request, part_id, permission=PAUSE, service=service, done=_("The reminders are paused.")
        )

    def resume(self, request: HttpRequest, part_id: int, pause_id: int) -> HttpResponse:
        """End a pause of the part's order or account; POST only."""

        def service() -> None:
            pause = pauses_of(due_parts().select_related("order").get(pk=part_id)).filter(pk=pause_id).first()
            if pause is None:
                raise DuePart.DoesNotExist
            resume_reminders(pause_id=pause.pk, actor=cast(User, request.user), now=timezone.now())

        return self.ask_service(request, part_id, permission=PAUSE, service=service, done=_("The reminders go on."))

    def row_context(self, request: HttpRequest, row: DuePart) -> dict[str, Any]:
        pauses = list(pauses_of(row))
        standing = [pause for pause in pauses if pause.ended_at is None]
        return {
            "told": _told(row),
            "pauses": _in_words(pauses),
            "standing": standing,
            "may_pause": request.user.has_perm(PAUSE),
            "of_order": not any(not pause.is_of_account for pause in standing),
            "of_account": not any(pause.is_of_account for pause in standing),
            "is_switched_off": not row.order.account.wants_payment_reminders,
            "reason_length": ReminderPause.REASON_LENGTH,
            "no_reason": PauseWithoutReason.message,
        }

    # --- Columns ---

    @display(description=gettext_lazy("due on"), ordering="due_on")
    def due_day(self, part: DuePart) -> str:
        return date_format(part.due_on) if part.due_on else NOTHING

    @display(description=gettext_lazy("order"), ordering="order")
    def order_link(self, part: DuePart) -> SafeString | str:
        return link("shop_order", part.order_id, part.order)

    @display(description=gettext_lazy("customer account"))
    def account_link(self, part: DuePart) -> SafeString | str:
        return link("accounts_customeraccount", part.order.account_id, part.order.account)

    @display(description=gettext_lazy("still to come"), ordering="rest")
    def money(self, part: Any) -> str:
        return amount(part.rest, part.order.currency)

    @display(description=gettext_lazy("reminder"), ordering="told")
    def step_label(self, part: Any) -> SafeString | str:
        if part.pause_id is not None:
            return Label(_("paused"), "default").html
        if not part.order.account.wants_payment_reminders:
            return Label(_("switched off"), "default").html
        return NOTHING if part.told is None else Label(DueReminder.Step(part.told).label, COLOURS[part.told]).html

    @display(description=gettext_lazy("last told on"), ordering="told_on")
    def told_day(self, part: Any) -> str:
        return date_format(part.told_on) if part.told_on else NOTHING


def _told(part: DuePart) -> Table:
    rows = part.reminders.order_by("-pk")
    return Table(
        columns(_("Reminder"), _("Told on"), _("Due on")),
        [[each.get_step_display(), date_format(each.sent_on), date_format(each.due_on)] for each in rows],
        _("Nobody was reminded yet."),
    )


def _in_words(pauses: list[ReminderPause]) -> Table:
    rows: list[list[object]] = [
        [
            Label(_("account") if pause.is_of_account else _("order")).html,
            pause.reason,
            f"{moment(pause.begun_at)}, {pause.begun_by.get_full_name()}",
            f"{moment(pause.ended_at)}, {pause.ended_by.get_full_name()}" if pause.ended_by else NOTHING,
        ]
        for pause in pauses
    ]
    return Table(columns(_("Of"), _("Reason"), _("Paused"), _("Ended")), rows, _("Never paused."))

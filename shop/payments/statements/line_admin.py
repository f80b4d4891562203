"""Lines of bank statements in the administration: what each may be for, and the merchant's decision."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from accounts.people.models import User
from common.admin.display import NOTHING, admin_link, amount, anchor, choice_label, moment
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from common.numbers import whole_number
from common.refusals import Refused
from shop.orders.models import Order
from shop.payments.refunds.models import Refund
from shop.payments.registry import method_label
from shop.payments.statements.deciding import (
    confirm_line,
    confirm_paid_back,
    confirm_sure_lines,
    confirm_transfer,
    keep_line,
    note_fee,
    note_payout,
    set_aside,
)
from shop.payments.statements.forms import AsideForm, PayoutForm
from shop.payments.statements.matching import Proposal, proposals_for, shares_from
from shop.payments.statements.models import MAX_NOTE, StatementLine
from shop.payments.statements.refunds import Sent, sent_for

IMPORT, CONFIRM = "shop.import_statements", "shop.confirm_money"
PAGE = "admin:shop_statementline_change"
# Lines confirmed by one request; the rest follows by the next.
AT_ONCE = 200
State = StatementLine.State
COLOURS = {
    State.OPEN: "warning", State.MATCHED: "success", State.PAYOUT: "success", State.REFUND: "success",
    State.KEPT: "info",
}  # fmt: skip


@admin.register(StatementLine)
class StatementLineAdmin(ReadOnlyAdmin):
    list_display = ("booked_on", "money", "payer", "text", "state_label")
    list_display_links = ("booked_on", "money")
    list_filter = (("state", ChoicesDropdownFilter), ("booked_on", DayRangeFilter))
    list_filter_submit = True
    list_fullwidth = True
    linked_lookups = ("statement__id__exact",)
    rows_named = gettext_lazy("lines of bank statements")
    when_empty = gettext_lazy("Lines come with bank statements: import one first.")
    search_fields = ("=amount",)
    whole_fields = ("bank_reference",)
    search_help_text = gettext_lazy("Amount, or reference of the bank")
    ordering = ("-booked_on", "-id")
    fields = readonly_fields = (
        "booked_on", "money", "payer", "iban", "text", "bank_reference", "is_reversal", "account", "perhaps_same",
        "state_label", "orders", "note", "decided", "decided_by_name",
    )  # fmt: skip
    list_before_template = "statements/admin/sure.html"
    change_form_outer_after_template = "statements/admin/line.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[StatementLine]:
        return super().get_queryset(request).select_related("decided_by", "perhaps", "refund")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("sure/", wrap(self.confirm_sure), name="shop_statementline_sure"),
            path("<int:statement_line_id>/confirm/", wrap(self.confirm), name="shop_statementline_confirm"),
            path("<int:statement_line_id>/payout/", wrap(self.payout), name="shop_statementline_payout"),
            path("<int:statement_line_id>/keep/", wrap(self.keep), name="shop_statementline_keep"),
            path("<int:statement_line_id>/fee/", wrap(self.fee), name="shop_statementline_fee"),
            path("<int:statement_line_id>/aside/", wrap(self.aside), name="shop_statementline_aside"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        may_decide = request.user.has_perms((IMPORT, CONFIRM))
        to_decide = may_decide and StatementLine.objects.filter(state=State.OPEN, amount__gt=0).exists()
        return super().changelist_view(request, {"has_lines_to_decide": to_decide, **(extra_context or {})})

    def row_context(self, request: HttpRequest, row: StatementLine) -> dict[str, Any]:
        if row.state != State.OPEN or not request.user.has_perms((IMPORT, CONFIRM)):
            return {}
        came = row.amount > 0
        return {
            "is_open": True,
            "came": came,
            "proposals": [_shown(proposal, cast(User, request.user)) for proposal in proposals_for(row)],
            "refunds": [_shown_sent(sent, row, cast(User, request.user)) for sent in sent_for(row)],
            "payout_form": PayoutForm() if came else None,
            "aside_form": AsideForm(initial={"note": _("Told by another statement.") if row.perhaps_id else ""}),
        }

    def confirm(self, request: HttpRequest, statement_line_id: int) -> HttpResponse:
        """Confirm the orders posted, by their keys and amounts, or by the number typed for the whole amount: paid by
        money that came, or paid back by money that left."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._check(request)
        line_id = statement_line_id
        line = StatementLine.objects.filter(pk=line_id).first()
        if line is None:
            raise Http404
        refund = whole_number(request.POST.get("refund", ""))
        if refund is not None:
            return self._confirm_transfer(request, line_id, refund)
        shares = shares_from(request.POST.get("shares", ""))
        number = request.POST.get("number", "").replace("\0", "").strip()
        if number:
            order = Order.objects.filter(number=number).first()
            shares = ((order.pk, abs(line.amount)),) if order else None
        if not shares:
            messages.error(request, _("No order has this number."))
            return redirect(PAGE, line_id)
        try:
            self._confirm(request, line, shares)
        except Refused as refusal:
            messages.error(request, str(refusal))
        return redirect(PAGE, line_id)

    def _confirm_transfer(self, request: HttpRequest, line_id: int, refund_id: int) -> HttpResponse:
        return self.ask_service(
            request,
            line_id,
            permission=CONFIRM,
            service=lambda: confirm_transfer(
                line_id=line_id, refund_id=refund_id, actor=cast(User, request.user), now=timezone.now()
            ),
            done=_("The line is confirmed."),
        )

    def _confirm(self, request: HttpRequest, line: StatementLine, shares: Sequence[tuple[int, Decimal]]) -> None:
        actor, now = cast(User, request.user), timezone.now()
        if line.amount < 0:
            confirm_paid_back(line_id=line.pk, order_id=shares[0][0], actor=actor, now=now)
            messages.success(request, _("The line is confirmed."))
            return
        done = confirm_line(line_id=line.pk, shares=shares, actor=actor, now=now)
        if done.waits:
            messages.warning(request, _("This waits for a second person. Confirm the line again once they approved."))
        elif done.needs_attention:
            messages.warning(request, _("The money is recorded, and needs attention: see the payment events."))
        else:
            messages.success(request, _("The line is confirmed."))

    def confirm_sure(self, request: HttpRequest) -> HttpResponse:
        """Confirm all lines whose reference and exact amount tell their orders."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        self._check(request)
        try:
            confirmed, left = confirm_sure_lines(actor=cast(User, request.user), now=timezone.now(), at_most=AT_ONCE)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:shop_statementline_changelist")
        told = ngettext("%(n)d line is confirmed.", "%(n)d lines are confirmed.", confirmed) % {"n": confirmed}
        messages.success(request, told)
        if left:
            told = ngettext("%(n)d sure line is still open.", "%(n)d sure lines are still open.", left) % {"n": left}
            messages.warning(request, told)
        return redirect("admin:shop_statementline_changelist")

    def payout(self, request: HttpRequest, statement_line_id: int) -> HttpResponse:
        form = PayoutForm(request.POST)
        return self._decide(
            request,
            statement_line_id,
            lambda: note_payout(
                line_id=statement_line_id,
                provider=_valid(form, "provider"),
                actor=cast(User, request.user),
                now=timezone.now(),
            ),
        )

    def keep(self, request: HttpRequest, statement_line_id: int) -> HttpResponse:
        return self._decide(
            request,
            statement_line_id,
            lambda: keep_line(line_id=statement_line_id, actor=cast(User, request.user), now=timezone.now()),
        )

    def fee(self, request: HttpRequest, statement_line_id: int) -> HttpResponse:
        return self._decide(
            request,
            statement_line_id,
            lambda: note_fee(line_id=statement_line_id, actor=cast(User, request.user), now=timezone.now()),
        )

    def aside(self, request: HttpRequest, statement_line_id: int) -> HttpResponse:
        note = request.POST.get("note", "")[:MAX_NOTE]
        return self._decide(
            request,
            statement_line_id,
            lambda: set_aside(line_id=statement_line_id, note=note, actor=cast(User, request.user), now=timezone.now()),
        )

    def _decide(self, request: HttpRequest, line_id: int, service: Any) -> HttpResponse:
        if request.method == "POST":
            self._check(request)
        return self.ask_service(request, line_id, permission=CONFIRM, service=service, done=_("The line is decided."))

    def _check(self, request: HttpRequest) -> None:
        """Raise PermissionDenied for a reader who may not decide."""
        if not (self.has_view_permission(request) and request.user.has_perms((IMPORT, CONFIRM))):
            raise PermissionDenied

    @display(description=gettext_lazy("amount"), ordering="amount")
    def money(self, line: StatementLine) -> str:
        return amount(line.amount, line.currency)

    @display(description=pgettext_lazy("of a payer", "name"))
    def payer(self, line: StatementLine) -> str:
        return line.party.name or NOTHING

    @display(description=gettext_lazy("IBAN"))
    def iban(self, line: StatementLine) -> str:
        return line.party.iban or NOTHING

    @display(description=gettext_lazy("text"))
    def text(self, line: StatementLine) -> str:
        return line.party.text or NOTHING

    @display(description=gettext_lazy("perhaps the same as"))
    def perhaps_same(self, line: StatementLine) -> str:
        other = line.perhaps
        if other is None:
            return NOTHING
        told = f"{date_format(other.booked_on)} {other.party.name or other.party.text} ({other.get_state_display()})"
        return anchor(reverse(PAGE, args=[other.pk]), told)

    @display(description=gettext_lazy("state"), ordering="state")
    def state_label(self, line: StatementLine) -> SafeString:
        return choice_label(line, "state", COLOURS)

    @display(description=gettext_lazy("orders"))
    def orders(self, line: StatementLine) -> str:
        shares = line.shares.select_related("order").order_by("pk")
        if line.state == State.PAYOUT:
            return method_label(line.provider)
        if line.refund is not None and not shares:
            return str(line.refund)
        return ", ".join(f"{share.order.number} ({amount(share.amount, line.currency)})" for share in shares) or NOTHING

    @display(description=gettext_lazy("decided"))
    def decided(self, line: StatementLine) -> str:
        return moment(line.decided_at)

    @display(description=gettext_lazy("decided by"))
    def decided_by_name(self, line: StatementLine) -> str:
        return line.decided_by.get_full_name() if line.decided_by else NOTHING


def _valid(form: PayoutForm, name: str) -> str:
    if not form.is_valid():
        raise Refused(_("Choose who paid this out."))
    return str(form.cleaned_data[name])


def _shown_sent(sent: Sent, line: StatementLine, viewer: User) -> dict[str, Any]:
    """Return a refund as the page shows it, with what its form posts: the refund, or the order and the amount."""
    named = sent.refund or Refund()
    order = sent.order
    return {
        "name": "refund" if sent.refund else "shares",
        "value": sent.refund.pk if sent.refund else f"{order.pk if order else ''}:{-line.amount}",
        "is_sure": sent.is_sure,
        "is_known": sent.is_known,
        "refund": admin_link(viewer, Refund, named.pk, named) if sent.refund else "",
        "order": admin_link(viewer, Order, order.pk, order.number) if order else "",
        "who": (order.billing_name or order.contact_name) if order else "",
    }


def _shown(proposal: Proposal, viewer: User) -> dict[str, Any]:
    return {
        "value": proposal.value,
        "is_sure": proposal.is_sure,
        "is_known": proposal.is_known,
        "is_near": proposal.is_near,
        "orders": [
            (
                admin_link(viewer, Order, share.order.pk, share.order.number),
                share.order.billing_name or share.order.contact_name,
                share.order.get_status_display(),
                amount(share.amount, share.order.currency),
                amount(share.order.gross, share.order.currency),
            )
            for share in proposal.shares
        ],
    }

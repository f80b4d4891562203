"""Orders in the admin: searched, read, and changed by buttons only, never edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, URLPattern, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from accounts.members.models import Buyer
from accounts.people.models import User
from common.admin.display import NOTHING, amount, day, two_lines
from common.admin.filters import DayRangeFilter
from common.search import among, matching
from documents.issued.models import Document
from enrolments.seats.batches.models import FrozenFor, SeatBatch
from shop.notes.page import Notes, note_urls, notes_for
from shop.notes.services import notes_of_order
from shop.orders.admin.colours import state_label
from shop.orders.admin.disputes import DisputePages
from shop.orders.admin.facts import MoneySums
from shop.orders.admin.filters import FAILED_LINE, OPEN_MONEY, MethodFilter, PaidFilter, TodoFilter
from shop.orders.admin.giving_back_many import has_tutors
from shop.orders.admin.page import marks_of, order_page
from shop.orders.admin.paying_back import NOTE
from shop.orders.admin.sending_back import SEND
from shop.orders.admin.withdrawal import withdrawal_facts, withdrawal_of
from shop.orders.copied.sight import READ_KEPT, closed_in_words, copied_for
from shop.orders.freezing import reasons_of
from shop.orders.giving_back.units import went_back
from shop.orders.models import Order
from shop.orders.standing import standing_of, with_standing
from shop.payments.credit.page import credit_urls
from shop.payments.on_account.page import terms_urls
from shop.payments.registry import method_label
from shop.payments.requests.promises import may_be_promised
from shop.vat_ids.services import note_looked_at

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Marks(MoneySums):
    """Columns added to the rows of the list by `OrderAdmin.get_queryset`."""

    has_failed_line: bool
    has_open_money: bool


@admin.register(Order)
class OrderAdmin(DisputePages):
    list_display = ("number", "customer", "state", "total", "method_name", "placed_on", "paid_on")
    list_filter = (
        TodoFilter,
        ("status", ChoicesDropdownFilter),
        PaidFilter,
        MethodFilter,
        ("placed_at", DayRangeFilter),
    )
    list_filter_submit = True
    list_fullwidth = True
    list_before_template = "phone_orders/admin/tool.html"
    list_select_related = ("account",)
    search_fields = (
        "search_text", "account__search_text", "buyer__search_text", "operator__search_text", "payments__reference",
        "lines__entry__code", "=gross",
    )  # fmt: skip
    whole_fields = (
        "number", "contact_email", "payer_email", "buyer__email", "operator__email", "payments__reference",
    )  # fmt: skip
    linked_lookups = ("account__id__exact",)
    search_help_text = _(
        "Number, number of an invoice, amount, bank reference, entry code, customer, operator, participant or "
        "purchase-order reference"
    )
    ordering = ("-id",)
    actions = ("note_numbers_looked_at",)

    # --- The list ---

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the columns searched: names and addresses kept for accounting are found by accounting alone."""
        kept = ("kept_billing__search_text",) if request.user.has_perm(READ_KEPT) else ()
        return (*self.search_fields, *kept)

    def also_found(self, word: str) -> list[QuerySet[Any]]:
        return [orders_of_people(matching(User.objects.order_by(), word, "search_text"))]

    def also_found_whole(self, text: str) -> list[QuerySet[Any]]:
        documents = Document.objects.order_by().filter(number__in=[text, text.upper()], order_id__isnull=False)
        return [orders_of_people(User.objects.order_by().filter(email=text)), documents.values("order_id")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        orders = with_standing(went_back(super().get_queryset(request)))
        return orders.annotate(has_failed_line=FAILED_LINE, has_open_money=OPEN_MONEY)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the actions on many orders: one, on the list of VAT numbers to look at."""
        is_list_of_numbers = request.GET.get(TodoFilter.parameter_name) == TodoFilter.VAT_ID
        return super().get_actions(request) if is_list_of_numbers else {}

    def has_look_at_permission(self, request: HttpRequest) -> bool:
        return self.may_act(request)

    @action(description=_("VAT numbers looked at: do not list them any more"), permissions=["look_at"])
    def note_numbers_looked_at(self, request: HttpRequest, queryset: QuerySet[Order]) -> None:
        keys, actor = list(queryset.values_list("pk", flat=True)), cast(User, request.user)
        count = note_looked_at(orders=keys, actor=actor, now=timezone.now())
        text = ngettext("%(n)d VAT number is looked at.", "%(n)d VAT numbers are looked at.", count)
        messages.success(request, text % {"n": count})

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the columns; the list of what is to be paid back shows how much, and since when."""
        if request.GET.get(TodoFilter.parameter_name) == TodoFilter.OWED:
            return ("number", "customer", "owed", "owed_since", "state")
        return self.list_display

    @display(description=_("to be paid back"), ordering="owed_back")
    def owed(self, order: WithAnnotations[Order, Marks]) -> str:
        return amount(order.owed_back, order.currency)

    @display(description=_("since"), ordering="owed_since")
    def owed_since(self, order: WithAnnotations[Order, Marks]) -> SafeString | str:
        return day(order.owed_since)

    @display(description=_("customer"), ordering="account__sort_name")
    def customer(self, order: Order) -> SafeString:
        return two_lines(order.account, closed_in_words(order) or order.contact_email)

    @display(description=_("status"), ordering="status")
    def state(self, order: WithAnnotations[Order, Marks]) -> SafeString:
        marks = marks_of(
            has_failed_line=order.has_failed_line,
            has_open_money=order.has_open_money,
        )
        labels = [state_label(order).html, *(mark.html for mark in marks)]
        return format_html(
            '<div class="amphi-labels">{}</div>', format_html_join(" ", "{}", ((one,) for one in labels))
        )

    @display(description=_("placed"), ordering="placed_at")
    def placed_on(self, order: Order) -> SafeString | str:
        return day(order.placed_at)

    @display(description=_("confirmed on"), ordering="paid_at")
    def paid_on(self, order: Order) -> SafeString | str:
        return day(order.paid_at)

    @display(description=_("payment method"), ordering="method")
    def method_name(self, order: Order) -> str:
        return method_label(order.method) if order.method else NOTHING

    @display(description=_("total"), ordering="gross")
    def total(self, order: WithAnnotations[Order, Marks]) -> SafeString | str:
        total = amount(order.gross, order.currency)
        if order.owed_back:
            told = _("%(amount)s to be paid back") % {"amount": amount(order.owed_back, order.currency)}
        elif went := order.went_back - order.lowered_back:
            told = _("%(amount)s paid back") % {"amount": amount(went, order.currency)}
        else:
            told = standing_of(order).note
        return two_lines(total, told) if told else total

    # --- The page of one order ---

    def get_urls(self) -> list[URLPattern]:
        return [*self.action_urls(), *note_urls(), *terms_urls(), *credit_urls(), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        order = self.order_or_404(request, object_id)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        page = order_page(order, viewer=cast(User, request.user))
        withdrawal = withdrawal_of(order) if order.bought_by == Buyer.PERSON else None
        is_open = may_be_promised(order)
        context = {
            **self.page_context(request, order),
            "page": page,
            "public_url": _public_url(order),
            "notes": self._notes(request, order),
            "may_correct": self.may_act(request) and copied_for(order, cast(User, request.user)) is not None,
            "may_confirm": self.may_confirm(request),
            "may_promise": self.may_promise(request) and is_open,
            "lack": self.lack_of(request, order),
            "may_make_pro_forma": self.may_make_pro_forma(request, order),
            "waits_together": self.waits_together(request, order, bool(page.money.rows)),
            "may_be_asked": is_open and order.status not in (Order.Status.CANCELLED, Order.Status.EXPIRED),
            "owed_back": order.owed_back,
            "paid_back": order.went_back - order.lowered_back - order.owed_back,
            "may_note_paid_back": request.user.has_perm(NOTE),
            "may_give_back": order.may_be_given_back and request.user.has_perm("shop.give_back_units"),
            "has_tutors": has_tutors(order),
            "may_send_back": request.user.has_perm(SEND),
            "may_cancel": self.may_cancel(request) and order.status == Order.Status.PLACED,
            "may_lift": self.may_act(request) and withdrawal is not None and withdrawal.lifted_at is None,
            "withdrawal": withdrawal_facts(withdrawal),
            "is_disputed": FrozenFor.DISPUTE in reasons_of(order),
            "may_go_on": self.may_act(request),
            **(extra_context or {}),
        }
        return TemplateResponse(request, "orders/admin/order.html", context)

    def _notes(self, request: HttpRequest, order: Order) -> Notes | None:
        if not request.user.has_perm("shop.view_note"):
            return None
        return notes_for(request, notes_of_order(order), reverse("admin:shop_order_note", args=[order.pk]))


def orders_of_people(people: QuerySet[User]) -> QuerySet[Any]:
    """Return the keys of the orders whose seats people hold: those delivered to them, and packs they got one from."""
    return SeatBatch.objects.order_by().filter(among("seats__person", people.values("pk"))).values("order_id")


def _public_url(order: Order) -> str:
    try:
        return reverse("order", args=[order.token])
    except NoReverseMatch:
        return ""

"""Orders by telephone in the admin: a list, and one page on which everything of an order is entered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from accounts.people.models import User
from common.admin.display import NOTHING, Label, day
from common.admin.readonly import ReadOnlyAdmin
from common.numbers import whole_number
from common.refusals import Refused, add_refusal
from shop.cart.models import CartLine
from shop.cart.services import remove_line, set_quantity
from shop.checkout.place import Consent
from shop.checkout.shown import shown_in
from shop.orders.admin.actions import ORDER_PAGE
from shop.orders.copied.sight import closed_in_words
from shop.orders.models import Order
from shop.phone_orders.admin.forms import AcceptedForm, ForWhomForm, NewLineForm
from shop.phone_orders.admin.page import accepted_form, customer_form, page_of, typed_details
from shop.phone_orders.admin.units import units_page
from shop.phone_orders.models import PhoneOrder
from shop.phone_orders.services import (
    Entering,
    begin,
    discard,
    entering,
    note_acceptance,
    put_on,
    save_customer,
    send_link,
)

PAGE = "admin:shop_phoneorder_change"


class StageFilter(DropdownFilter):
    title = gettext_lazy("to do")
    parameter_name = "todo"
    TO_FINISH, SENT, PLACED = "finish", "sent", "placed"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        waits = _("waits for the customer")
        return [(self.TO_FINISH, _("to finish")), (self.SENT, waits), (self.PLACED, _("accepted"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[PhoneOrder]) -> QuerySet[PhoneOrder]:
        rows, now = PhoneOrder.objects.order_by(), timezone.now()
        match self.value():
            case self.TO_FINISH:
                return queryset.filter(pk__in=rows.to_finish(now).values("pk"))
            case self.SENT:
                return queryset.filter(pk__in=rows.with_customer(now).values("pk"))
            case self.PLACED:
                return queryset.filter(order__isnull=False)
        return queryset


@admin.register(PhoneOrder)
class PhoneOrderAdmin(ReadOnlyAdmin):
    list_display = ("number", "customer", "state", "entered_by", "entered_on")
    list_display_links = ("number",)
    list_filter = (StageFilter,)
    list_filter_submit = True
    list_fullwidth = True
    list_select_related = ("cart", "buyer", "order", "entered_by")
    search_fields = ("order__search_text", "sent_to", "buyer__search_text")
    whole_fields = ("order__number",)
    search_help_text = gettext_lazy("Number of the order, buyer, or address of the customer")
    ordering = ("-id",)
    # For ForWhomForm and NewLineForm.
    looks_up = ((Order, "account"), (CartLine, "entry"))

    # --- Rights: one permission for all that writes ---

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_add_permission(request) or super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("shop.enter_order")

    # --- The list ---

    @display(description=gettext_lazy("number"), ordering="id")
    def number(self, row: PhoneOrder) -> str:
        return row.order.number if row.order else _("not placed yet (%(number)d)") % {"number": row.pk}

    @display(description=gettext_lazy("customer"))
    def customer(self, row: PhoneOrder) -> str:
        details = row.cart.details
        if row.order is not None:
            return closed_in_words(row.order) or row.order.billing_name
        typed = details.get("billing_name") or details.get("contact_name") or details.get("email")
        return str(typed or (row.buyer.get_full_name() if row.buyer else NOTHING))

    @display(description=gettext_lazy("status"))
    def state(self, row: PhoneOrder) -> SafeString:
        if row.order_id is not None:
            return Label(_("accepted"), "success").html
        if row.is_link_open(timezone.now()):
            return Label(_("waits for the customer"), "info").html
        return Label(_("link has ended") if row.sent_at else _("being entered"), "warning").html

    @display(description=gettext_lazy("entered"), ordering="entered_at")
    def entered_on(self, row: PhoneOrder) -> SafeString | str:
        return day(row.entered_at)

    # --- Pages ---

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/lines/", wrap(self.lines), name="shop_phoneorder_lines"),
            path("<int:pk>/lines/<int:line_id>/units/", wrap(self.units), name="shop_phoneorder_units"),
            path("<int:pk>/customer/", wrap(self.save_details), name="shop_phoneorder_customer"),
            path("<int:pk>/send/", wrap(self.send), name="shop_phoneorder_send"),
            path("<int:pk>/accepted/", wrap(self.accepted), name="shop_phoneorder_accepted"),
            path("<int:pk>/discard/", wrap(self.discard), name="shop_phoneorder_discard"),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Ask for whom the order is, and begin it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        posted = request.POST if request.method == "POST" else None
        form = ForWhomForm(posted, initial={"language": get_language()})
        if form.is_valid():
            try:
                begun = begin(actor=cast(User, request.user), **form.cleaned_data)
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                return redirect(PAGE, begun.pk)
        title = _("Enter an order for a customer")
        return self._answer(request, "for_whom", form=form, title=title, media=self.media + form.media)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self._row_or_404(request, object_id)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        return redirect(ORDER_PAGE, row.order_id) if row.order_id else self._show(request, row)

    def lines(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Save the quantities, remove lines, and put an entry on the order."""
        form = NewLineForm(request.POST)

        def save(row: PhoneOrder) -> None:
            now, buyer = timezone.now(), row.buyer
            for line in row.cart.lines.all():
                seen = whole_number(request.POST.get(f"seen-{line.pk}", ""))
                typed = whole_number(request.POST.get(f"quantity-{line.pk}", ""))
                if seen is None:
                    continue  # not on the page that was sent
                if f"remove-{line.pk}" in request.POST:
                    remove_line(cart=row.cart, line_id=line.pk, seen=seen)
                elif typed != seen:
                    set_quantity(cart=row.cart, line_id=line.pk, quantity=typed or 0, user=buyer, now=now, seen=seen)
            if form.is_valid() and form.cleaned_data["entry"]:
                entry, quantity = form.cleaned_data["entry"], form.cleaned_data["quantity"] or 1
                put_on(phone_order=row, entry=entry, quantity=quantity, now=now)

        return self._post(request, pk, save, new_line=form)

    def units(self, request: HttpRequest, pk: int, line_id: int) -> HttpResponse:
        """Show and save the answers to the micro-forms of a line, page by page."""
        row = self._row_or_404(request, pk, to_write=True)
        if row.order_id:
            return redirect(ORDER_PAGE, row.order_id)
        page = units_page(request, row, line_id)
        if page is None:
            raise Http404
        if page.is_saved:
            messages.success(request, _("The answers are kept."))
            return redirect(PAGE, row.pk)
        return self._answer(request, "units", row=row, page=page, title=page.title)

    def save_details(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep buyer and details as typed, right or wrong."""

        def save(row: PhoneOrder) -> None:
            buyer, details = typed_details(request.POST, row)
            save_customer(phone_order=row, buyer=buyer, details=details, seen=request.POST.get("seen", ""))

        return self._post(request, pk, save, typed=True)

    def send(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Mail the link to accept the order; POST only."""

        def mail(row: PhoneOrder) -> None:
            sent = send_link(phone_order=row, now=timezone.now())
            messages.success(request, _("The link is on its way to %(address)s.") % {"address": sent.sent_to})

        return self._post(request, pk, mail)

    def accepted(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note how the customer accepted, and place the order; POST only."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self._row_or_404(request, pk, to_write=True)
        if row.order_id:
            messages.info(request, _("This order is placed already, so your note was not needed."))
            return redirect(ORDER_PAGE, row.order_id)
        state = entering(row, now=timezone.now())
        form = accepted_form(state, request.POST)
        if form.is_valid():
            typed = form.cleaned_data
            try:
                order = note_acceptance(
                    phone_order_id=row.pk,
                    how=typed["how"],
                    on=typed["on"],
                    shown=shown_in(request.POST),
                    consent=Consent(
                        whole_number(request.POST.get("terms", "")),
                        typed.get("start_at_once", False),
                        waives_withdrawal=typed.get("waive_withdrawal", False),
                    ),
                    actor=cast(User, request.user),
                    now=timezone.now(),
                )
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                messages.success(request, _("Order %(number)s is placed.") % {"number": order.number})
                return redirect(ORDER_PAGE, order.pk)
        return self._show(request, row, state=state, accepted=form)

    def discard(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Delete what was entered; POST only."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self._row_or_404(request, pk, to_write=True)
        try:
            discard(phone_order=row)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(PAGE, row.pk)
        messages.success(request, _("The order is discarded; its link no longer works."))
        return redirect("admin:shop_phoneorder_changelist")

    # --- Parts ---

    def _post(
        self,
        request: HttpRequest,
        pk: int,
        service: Callable[[PhoneOrder], None],
        *,
        new_line: NewLineForm | None = None,
        typed: bool = False,
    ) -> HttpResponse:
        """Answer a form of the page, by POST only; a refusal is told with all that was typed."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = self._row_or_404(request, pk, to_write=True)
        if row.order_id:
            return redirect(PAGE, row.pk)
        try:
            service(row)
        except Refused as refusal:
            messages.error(request, str(refusal))
            customer = customer_form(row, request.POST) if typed else None
            return self._show(request, self._row_or_404(request, pk), new_line=new_line, customer=customer)
        if new_line is not None and not new_line.is_valid():
            return self._show(request, self._row_or_404(request, pk), new_line=new_line)
        return redirect(PAGE, row.pk)

    def _show(
        self,
        request: HttpRequest,
        row: PhoneOrder,
        *,
        state: Entering | None = None,
        new_line: NewLineForm | None = None,
        customer: Any = None,
        accepted: AcceptedForm | None = None,
    ) -> HttpResponse:
        line_form = new_line or NewLineForm()
        now = timezone.now()
        page = page_of(row, state or entering(row, now=now), now=now, customer=customer, accepted=accepted)
        media = self.media + line_form.media
        title = _("Order for a customer")
        template = "enter" if self.has_add_permission(request) else "read"
        return self._answer(request, template, row=row, page=page, new_line=line_form, media=media, title=title)

    def _row_or_404(self, request: HttpRequest, pk: int | str, *, to_write: bool = False) -> PhoneOrder:
        if not (self.has_add_permission(request) if to_write else self.has_view_permission(request)):
            raise PermissionDenied
        rows: QuerySet[PhoneOrder] = PhoneOrder.objects.select_related("cart", "buyer", "order", "entered_by")
        row = rows.filter(pk=whole_number(str(pk)) or 0).first()
        if row is None:
            raise Http404
        return row

    def _answer(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        shared = {**self.admin_site.each_context(request), "opts": self.opts}
        return TemplateResponse(request, f"phone_orders/admin/{template}.html", {**shared, **context})

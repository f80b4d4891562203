"""Closed periods in the administration: read only, and a page that closes more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.people.models import User
from billing.closures.held_up import days_held_up, reason_of
from billing.closures.models import Closure
from billing.closures.services import close_days, first_open_day
from billing.closures.sums import Moved, read
from billing.ledger.models import Account
from common.admin.display import NOTHING, Column, Table, amount, columns, moment
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from common.currencies import from_minor_units
from common.moments import local_day
from common.refusals import Refused, add_refusal

CLOSE = "billing.close_period"
# Days closed by one request; the rest follows by the next.
AT_ONCE = 366


class CloseForm(forms.Form):
    """The last day to be closed."""

    use_required_attribute = False

    through = forms.DateField(
        label=gettext_lazy("Close all days up to"),
        widget=UnfoldAdminTextInputWidget({"type": "date"}),
        localize=False,
        help_text=gettext_lazy("This day is closed as well. Months and years are closed with their last day."),
    )


@admin.register(Closure)
class ClosureAdmin(ReadOnlyAdmin):
    list_display = ("period", "kind", "entries", "closed", "closed_by_name")
    list_display_links = ("period",)
    list_filter = (("kind", ChoicesDropdownFilter), ("ends_on", DayRangeFilter))
    list_filter_submit = True
    list_select_related = ("closed_by",)
    rows_named = gettext_lazy("closed periods")
    ordering = ("-ends_on", "-id")
    fields = readonly_fields = ("period", "kind", "entries", "closed", "closed_by_name", "sealed_to", "digest_text")
    list_before_template = "closures/admin/tool.html"
    change_form_outer_after_template = "closures/admin/sums.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Closure]:
        return super().get_queryset(request).select_related("closed_by")

    def get_urls(self) -> list[URLPattern]:
        close = path("close/", self.admin_site.admin_view(self.close), name="billing_closure_close")
        return [close, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """List the periods; above them the days that should be closed and are not, with the reason."""
        held = days_held_up(now=timezone.now())
        said = {"held_up": held, "held_up_by": reason_of(held) if held else None}
        return super().changelist_view(request, (extra_context or {}) | said)

    def row_context(self, request: HttpRequest, row: Closure) -> dict[str, Any]:
        return {"sums": _sums_of(row)}

    def close(self, request: HttpRequest) -> HttpResponse:
        """Ask up to which day; posting it closes the days, for good."""
        if not (self.has_view_permission(request) and request.user.has_perm(CLOSE)):
            raise PermissionDenied
        now = timezone.now()
        yesterday = local_day(now) - timedelta(days=1)
        form = CloseForm(request.POST if request.method == "POST" else None, initial={"through": yesterday.isoformat()})
        if form.is_valid():
            try:
                made = close_days(
                    through=form.cleaned_data["through"], actor=cast(User, request.user), now=now, at_most=AT_ONCE
                )
            except Refused as refusal:
                add_refusal(form, refusal)
            else:
                days = sum(closure.kind == Closure.Kind.DAY for closure in made)
                told = ngettext("%(days)s day is closed.", "%(days)s days are closed.", days) % {"days": days}
                messages.success(request, told)
                return redirect("admin:billing_closure_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "form": form,
            "title": _("Close days of the books"),
            "open_from": first_open_day(),
        }
        return TemplateResponse(request, "closures/admin/close.html", context)

    @display(description=gettext_lazy("period"), ordering="ends_on")
    def period(self, closure: Closure) -> str:
        match closure.kind:
            case Closure.Kind.MONTH:
                return date_format(closure.ends_on, "YEAR_MONTH_FORMAT")
            case Closure.Kind.YEAR:
                return str(closure.ends_on.year)
        return date_format(closure.ends_on)

    @display(description=gettext_lazy("closed at"), ordering="closed_at")
    def closed(self, closure: Closure) -> str:
        return moment(closure.closed_at)

    @display(description=gettext_lazy("closed by"))
    def closed_by_name(self, closure: Closure) -> str:
        return closure.closed_by.get_full_name() if closure.closed_by else _("the shop, by rule")

    @display(description=gettext_lazy("digest"))
    def digest_text(self, closure: Closure) -> str:
        return bytes(closure.digest).hex()


def _sums_of(closure: Closure) -> Table:
    heads = columns(
        _("Account"),
        _("Part"),
        Column(_("Debit"), is_amount=True),
        Column(_("Credit"), is_amount=True),
        Column(_("Balance at the end"), is_amount=True),
    )
    rows: list[list[object]] = []
    for (currency, account, part), moved in read(closure.sums).items():
        rows.append([Account(account).label, part or NOTHING, *_amounts(moved, currency)])
    return Table(heads, rows, empty=_("Nothing had been posted yet."))


def _amounts(moved: Moved, currency: str) -> list[str]:
    return [amount(from_minor_units(units, currency), currency) for units in moved]

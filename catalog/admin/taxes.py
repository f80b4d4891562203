"""Tax codes in the admin."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypedDict

from django import forms
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format, localize
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries import countries
from modeltranslation.admin import TranslationAdmin
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSingleDateWidget

from billing.taxes.kinds import TAXED, TaxKind
from catalog.models.taxes import Tax
from catalog.services.taxes import save_tax
from common.admin.display import NOTHING, Label
from common.admin.refusals import TellsRefusals

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Counted(TypedDict):
    """Columns that `TaxAdmin.get_queryset` adds to the rows of the list."""

    entry_count: int


class TaxForm(forms.ModelForm):
    """Tax code, with the day from which the rate typed is to hold."""

    since = forms.DateField(
        label=_("This rate holds from"),
        required=False,
        widget=UnfoldAdminSingleDateWidget(),
        help_text=_("Empty: from today. What was sold before keeps its rate."),
    )

    class Meta:
        model = Tax
        fields = ("name", "kind", "exemption", "country", "rate", "mention", "e_invoicing")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        kind = cleaned.get("kind")
        if kind != TaxKind.EXEMPT:
            cleaned["exemption"] = ""
        elif not cleaned.get("exemption"):
            self.add_error("exemption", gettext("Say why it is exempt."))
        if kind not in (*TAXED, TaxKind.UNDECIDED):
            cleaned["rate"] = Decimal(0)
        return cleaned


@admin.register(Tax)
class TaxAdmin(TellsRefusals, TranslationAdmin):
    form = TaxForm
    list_display = ("name", "kind_label", "country_name", "rate_today", "entry_count")
    list_filter = ("kind",)
    readonly_fields = ("rates_shown", "usual")
    fields = ("name", "kind", "exemption", "country", "rate", "since", "rates_shown", "mention", "e_invoicing", "usual")
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Tax]:
        return super().get_queryset(request).annotate(entry_count=Count("entries"))

    def save_model(self, request: HttpRequest, obj: Tax, form: Any, change: bool) -> None:
        typed: Decimal = form.cleaned_data["rate"]
        if change:
            obj.rate = Tax.objects.values_list("rate", flat=True).get(pk=obj.pk)
        since: date | None = form.cleaned_data.get("since")
        save_tax(tax=obj, rate=typed, since=since, today=timezone.localdate())

    @display(description=_("kind"), ordering="kind")
    def kind_label(self, tax: Tax) -> SafeString:
        return Label(tax.get_kind_display(), "default" if tax.is_decided else "danger").html

    @display(description=_("country"), ordering="country")
    def country_name(self, tax: Tax) -> str:
        return str(dict(countries).get(str(tax.country), tax.country)) if tax.country else NOTHING

    @display(description=_("rate in %"), ordering="rate")
    def rate_today(self, tax: Tax) -> str:
        return localize(tax.rate_on(timezone.localdate()))

    @display(description=_("entries"), ordering="entry_count")
    def entry_count(self, tax: WithAnnotations[Tax, Counted]) -> int:
        return tax.entry_count

    @display(description=_("rates in time"))
    def rates_shown(self, tax: Tax) -> str | SafeString:
        if not tax.rates:
            return NOTHING
        rows = ((localize(Decimal(rate)), _since(day)) for day, rate in tax.rates)
        return format_html_join("", "<div>{} % ({})</div>", rows)

    @display(description=_("what papers say"))
    def usual(self, tax: Tax) -> str:
        treatment = tax.treatment
        if treatment is None:
            return gettext("To be decided: nothing is sold on this code.")
        parts = [gettext("category %(letter)s") % {"letter": treatment.category}]
        if treatment.vatex:
            parts += [treatment.vatex, tax.mention_shown]
        return " · ".join(part for part in [*parts, treatment.article] if part)


def _since(day: str | None) -> str:
    if day is None:
        return gettext("ever since")
    return gettext("from %(day)s") % {"day": date_format(date.fromisoformat(day))}

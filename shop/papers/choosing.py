"""Choice among the documents of an account: by month, by kind, and by a number typed."""

from __future__ import annotations

from datetime import date
from typing import Any, cast

from django import forms
from django.db.models import Q, QuerySet
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from common.typed import clean_line
from documents.issued.models import Document
from shop.orders.models import Order


class PapersForm(forms.Form):
    """Choice of documents; what is typed by hand into the address and is no choice chooses nothing."""

    month = forms.TypedChoiceField(label=_("Month"), required=False, empty_value=None, coerce=date.fromisoformat)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    number = forms.CharField(label=_("Number or order"), required=False, max_length=40)

    def __init__(self, data: Any, *, papers: QuerySet[Document]) -> None:
        super().__init__(data)
        months = papers.order_by().dates("issued_on", "month", order="DESC")
        month = cast("forms.TypedChoiceField", self.fields["month"])
        month.choices = [("", _("All months")), *((day.isoformat(), date_format(day, "F Y")) for day in months)]
        kind = cast("forms.ChoiceField", self.fields["kind"])
        kind.choices = [("", _("All kinds")), *((each.value, each.label.capitalize()) for each in Document.Kind)]

    def clean_number(self) -> str:
        return clean_line(self.cleaned_data["number"]).strip()

    def chosen(self, papers: QuerySet[Document]) -> QuerySet[Document]:
        """Return those of the papers that are chosen: all without a choice, none for one that is none."""
        if not self.is_bound:
            return papers
        if not self.is_valid():
            return papers.none()
        month, kind, number = (self.cleaned_data[name] for name in ("month", "kind", "number"))
        if month is not None:
            papers = papers.filter(issued_on__year=month.year, issued_on__month=month.month)
        if kind:
            papers = papers.filter(kind=kind)
        if number:
            orders = Order.objects.filter(number__icontains=number).values("pk")
            papers = papers.filter(Q(number__icontains=number) | Q(order_id__in=orders))
        return papers

    @property
    def name(self) -> str:
        """Name of a file of the chosen documents: the month, if one is chosen."""
        month = self.cleaned_data.get("month") if self.is_bound and self.is_valid() else None
        return f"{month:%Y-%m}" if month else ""

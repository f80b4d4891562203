"""Short form of a new entry: what an entry needs to be sold, and nothing else; the rest stands on its page."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from billing.taxes.kinds import TaxKind
from catalog.admin.categories import category_choices
from catalog.admin.entry_form import handler_choices
from catalog.admin.parameters import section_for
from catalog.admin.prices import typed_price_label
from catalog.admin.tools import ENTRY_PAGE
from catalog.admin.widgets import admin_widget
from catalog.models.categories import Category
from catalog.models.entries import Entry, EntryState, Vocational
from catalog.models.taxes import Tax
from catalog.services.categories import save_category
from catalog.services.entries import save_entry
from catalog.services.proposals import proposed_code, proposed_slug
from catalog.services.taxes import save_tax
from common.admin.decimals import AdminDecimalInput
from common.decimals import AmountField, DecimalField
from common.languages import languages, reader_language
from common.made_from import as_posted
from common.refusals import Refused, add_refusal
from handlers.contract import Handler, ParametersForm
from handlers.discovery import SPECIFIC

PARAMETER = "parameter_"


class ShortForm(forms.Form):
    """Name, category, price, tax and handler of a new entry, with the required parameters of the handler chosen."""

    use_required_attribute = False

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=200, widget=UnfoldAdminTextInputWidget({"autofocus": True})
    )
    unit_net = AmountField(label=gettext_lazy("Net price"), min_value=Decimal(0), widget=AdminDecimalInput())
    category = forms.ChoiceField(label=gettext_lazy("Category"), required=False, widget=UnfoldAdminSelectWidget())
    new_category = forms.CharField(
        label=gettext_lazy("or a new category"), required=False, max_length=150, widget=UnfoldAdminTextInputWidget()
    )
    tax = forms.ModelChoiceField(
        label=gettext_lazy("Tax"), queryset=Tax.objects.order_by("pk"), required=False, empty_label=None,
        widget=UnfoldAdminSelectWidget(),
    )  # fmt: skip
    tax_rate = DecimalField(
        label=gettext_lazy("Tax rate in %"), min_value=Decimal(0), max_value=Decimal(100), max_digits=5,
        decimal_places=2, initial=Decimal(20), widget=AdminDecimalInput(),
    )  # fmt: skip
    vocational = forms.ChoiceField(
        label=gettext_lazy("Vocational training"), choices=Vocational.choices, initial=Vocational.UNSAID,
        required=False, widget=UnfoldAdminSelectWidget(), help_text=Entry._meta.get_field("vocational").help_text,
    )  # fmt: skip
    handler = forms.ChoiceField(
        label=gettext_lazy("What happens after the sale"), required=False, widget=UnfoldAdminSelectWidget()
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        used = Tax.objects.annotate(used=Count("entries")).order_by("-used", "pk").first()
        super().__init__(data, initial={"tax": used.pk if used else None})
        categories = category_choices()
        for name, choices in (
            ("category", [("", _("Choose a category")), *categories]),
            ("handler", [choice for choice in handler_choices() if choice[0] != SPECIFIC]),
        ):
            self.fields[name] = forms.ChoiceField(
                label=self.fields[name].label, required=False, choices=choices, widget=UnfoldAdminSelectWidget()
            )
        if not categories:
            del self.fields["category"]
            self.fields["new_category"].label, self.fields["new_category"].required = _("Category"), True
        del self.fields["tax_rate" if used else "tax"]
        self.fields["unit_net"].label = typed_price_label()
        self.chosen: Handler | None = _handler_of(self.data.get("handler", "")) if self.is_bound else None
        self.parameters: dict[str, Any] = {}
        for name, plain in _required(self.chosen).items():
            # One name for all handlers: a value typed for one is kept for the next that has the same parameter.
            self.fields[PARAMETER + name] = forms.Field(
                label=plain.label, help_text=plain.help_text, required=False, widget=admin_widget(plain)
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        key, typed = cleaned.get("category", ""), cleaned.get("new_category", "").strip()
        if key and typed:
            self.add_error("new_category", _("Choose a category or type a new one, not both."))
        elif "category" in self.fields and not key and not typed:
            self.add_error("category", _("Choose a category or type a new one."))
        if self.chosen is not None:
            self._clean_parameters(self.chosen)
        return cleaned

    def _clean_parameters(self, handler: Handler) -> None:
        form = _filled(handler, self.data)
        if form.is_valid():
            self.parameters = form.to_parameters()
            return
        for name, errors in form.errors.as_data().items():
            at = PARAMETER + name
            self.add_error(at if at in self.fields else "handler" if name == NON_FIELD_ERRORS else None, errors)

    @transaction.atomic
    def save(self, *, state: str) -> Entry:
        """Write the entry, its price, and its category and tax where they are new. Raises EntryRefused and the refusals
        of a category; then nothing was written."""
        typed, language = self.cleaned_data, reader_language()
        language = language if language in languages() else languages()[0]
        entry = Entry(
            code=proposed_code(typed["name"]),
            category=self._category(language),
            tax=self._tax(language),
            state=state,
            vocational=typed["vocational"] or Vocational.UNSAID,
            handler=typed["handler"],
            parameters=self.parameters,
            **{f"name_{language}": typed["name"]},
        )
        return save_entry(entry=entry, expected_version=None, now=timezone.now(), tiers={1: typed["unit_net"]})

    def _category(self, language: str) -> Category:
        if key := self.cleaned_data.get("category"):
            return Category.objects.get(pk=key)
        name = self.cleaned_data["new_category"].strip()
        return save_category(category=Category(slug=proposed_slug(name), **{f"name_{language}": name}))

    def _tax(self, language: str) -> Tax:
        known: Tax | None = self.cleaned_data.get("tax")
        if known is not None:
            return known
        rate: Decimal | None = self.cleaned_data.get("tax_rate")
        if rate is None:
            return Tax.objects.annotate(used=Count("entries")).order_by("-used", "pk")[0]
        name = _("VAT %(rate)s%%") % {"rate": format(rate.normalize(), "f")}
        kind = TaxKind.STANDARD if rate else TaxKind.UNDECIDED
        return save_tax(tax=Tax(kind=kind, **{f"name_{language}": name}), rate=rate, today=timezone.localdate())


@dataclass(frozen=True)
class Parts:
    """Fields of the page: those of every entry, and those of the handler chosen."""

    own: list[forms.BoundField]
    of_handler: list[forms.BoundField]


def short_form_page(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Ask for what a new entry needs. A handler chosen asks for its required parameters before anything is saved."""
    if not model_admin.has_add_permission(request):
        raise PermissionDenied
    form = ShortForm(request.POST if request.method == "POST" else None)
    handler_shown = request.POST.get("handler_shown", "")
    asks_first = form.is_bound and request.POST.get("handler", "") != handler_shown and bool(_required(form.chosen))
    if form.is_bound and not asks_first and form.is_valid():
        state = EntryState.AVAILABLE if "sell" in request.POST else EntryState.DRAFT
        try:
            entry = form.save(state=state)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            model_admin.log_addition(request, entry, [{"added": {}}])
            told = _("“%(name)s” is there, with the code %(code)s. Everything else about it stands on this page.")
            messages.success(request, told % {"name": entry.name, "code": entry.code})
            return redirect(ENTRY_PAGE, entry.pk)
    if asks_first:
        form.errors.clear()
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("New entry"),
        "form": form,
        "parts": _parts(form),
        "handler_shown": request.POST.get("handler", ""),
        "media": model_admin.media + form.media,
    }
    return TemplateResponse(request, "catalog/admin/short_form.html", context)


def _parts(form: ShortForm) -> Parts:
    fields = list(form)
    return Parts(
        [field for field in fields if not field.name.startswith(PARAMETER)],
        [field for field in fields if field.name.startswith(PARAMETER)],
    )


def _handler_of(name: str) -> Handler | None:
    section = section_for(name, "") if name and name != SPECIFIC else None
    return section.handler if section else None


def _required(handler: Handler | None) -> dict[str, forms.Field]:
    fields = handler.MerchantForm().fields if handler else {}
    return {name: field for name, field in fields.items() if field.required}


def _filled(handler: Handler, data: Any) -> ParametersForm:
    """Return the handler's own form with what was typed, and the defaults of everything else."""
    asked, defaults = _required(handler), handler.MerchantForm.default_parameters()
    posted = QueryDict(mutable=True)
    for name, field in handler.MerchantForm().fields.items():
        if name in asked:
            value = admin_widget(field).value_from_datadict(data, MultiValueDict(), PARAMETER + name)
            for key, values in as_posted(field.widget, name, value).items():
                posted.setlist(key, values)
            continue
        for key, values in as_posted(field.widget, name, field.prepare_value(defaults.get(name))).items():
            posted.setlist(key, values)
    return handler.MerchantForm(posted)

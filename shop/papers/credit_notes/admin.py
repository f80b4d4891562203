"""Page on which a merchant corrects a wrong document: by a credit note and a new one, in one act."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.members.forms.details import NUMBERS
from accounts.people.models import User
from catalog.pricing import ZERO
from common.admin.display import amount
from common.decimals import DecimalField
from common.fields import LineField, NameField
from common.refusals import Refused, add_refusal
from documents.invoices.values import Invoice, from_data
from documents.issued.models import Document
from shop.orders.admin.actions import ORDER_PAGE
from shop.orders.admin.billing import CORRECT, BillingPages
from shop.orders.models import Order
from shop.papers.admin import faults_in_words
from shop.papers.credit_notes.correcting import REASON_LENGTH, correct_document
from shop.papers.credit_notes.details import BillingDetails
from shop.papers.credit_notes.rests import rests_of
from shop.papers.selectors import invoices_of
from shop.papers.services import StillMissing

# Not on documents of a private person, and of a public body alone.
OF_ORGANISATIONS = ("register_number", "vat_number", "purchase_order")
OF_PUBLIC_BODIES = ("service_code",)
LONGEST = {"name": 200, "street": 200, "postal_code": 20, "city": 100}
# Names by which the readers of numbers know them.
READERS = {"register_number": NUMBERS["register_number"], "vat_number": NUMBERS["vat_id"]}


def _line(label: Any, length: int, **options: Any) -> LineField:
    return LineField(label=label, max_length=length, widget=UnfoldAdminTextInputWidget(), **options)


class CorrectDocumentForm(forms.Form):
    """Billing details of a document, the amount that the page showed as left of it, and the reason."""

    use_required_attribute = False

    rest = DecimalField(widget=forms.HiddenInput)
    name = NameField(
        label=gettext_lazy("Name on the invoice"), max_length=LONGEST["name"], widget=UnfoldAdminTextInputWidget()
    )
    street = _line(gettext_lazy("Street and number"), LONGEST["street"])
    postal_code = _line(gettext_lazy("Postal code"), LONGEST["postal_code"], required=False)
    city = _line(gettext_lazy("City"), LONGEST["city"])
    register_number = _line(gettext_lazy("SIRET or registration number"), 40, required=False)
    vat_number = _line(gettext_lazy("VAT number"), 40, required=False)
    service_code = _line(gettext_lazy("service code"), 100, required=False)
    purchase_order = _line(gettext_lazy("Purchase order or commitment number"), 60, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Why"), max_length=REASON_LENGTH, widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text=gettext_lazy("Kept in the order’s history, and on no document."),
    )  # fmt: skip

    def __init__(self, data: Any, *, invoice: Invoice, rest: Decimal) -> None:
        self.invoice, self.stated = invoice, BillingDetails.of(invoice)
        super().__init__(data, initial={**asdict(self.stated), "rest": rest})
        if invoice.buyer_kind == "consumer":
            for name in OF_ORGANISATIONS:
                del self.fields[name]
        if invoice.buyer_kind != "public":
            for name in OF_PUBLIC_BODIES:
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, normalise in READERS.items():
            try:
                if name in cleaned:
                    cleaned[name] = normalise(cleaned[name] or "", country=self.invoice.buyer.country)
            except ValidationError as invalid:
                self.add_error(name, invalid)
        return cleaned

    def details(self) -> BillingDetails:
        """Return the details typed; those that were not asked stay."""
        stated = asdict(self.stated)
        return BillingDetails(**{name: self.cleaned_data.get(name, value) for name, value in stated.items()})


class CorrectingPages(BillingPages):
    """Page of one document of an order to be corrected."""

    def action_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.correct_document)
        return [
            path("<int:order_id>/documents/<int:document_id>/correct/", page, name="shop_order_correct_document"),
            *super().action_urls(),
        ]

    def correct_document(self, request: HttpRequest, order_id: int, document_id: int) -> HttpResponse:
        """Show the billing details of a document with a reason to fill in; credit it and issue a new one."""
        order = self.order_or_404(request, order_id)
        if not request.user.has_perm(CORRECT):
            raise PermissionDenied
        document = get_object_or_404(invoices_of(order), pk=document_id)
        invoice = from_data(document.data)
        rest = sum((left.gross for left in rests_of(order.pk).get(document.pk, {}).values()), ZERO)
        form = CorrectDocumentForm(request.POST if request.method == "POST" else None, invoice=invoice, rest=rest)
        if form.is_valid() and self._correct(request, order, document, form):
            return redirect(ORDER_PAGE, order.pk)
        if form.is_bound:
            # The amount of now, whatever was posted: it is shown beside the form.
            form.data = cast(QueryDict, form.data).copy()
            form.data["rest"] = str(rest)
        facts = [
            (_("Document"), f"{document.number}, {date_format(document.issued_on)}"),
            (_("Left of it"), amount(rest, order.currency)),
        ]
        page = "papers/admin/correct.html"
        return self._answer(request, order, page, form=form, document=document, rest=rest, more_facts=facts)

    def _correct(self, request: HttpRequest, order: Order, document: Document, form: CorrectDocumentForm) -> bool:
        """Correct the document and say so; add a refusal to the form and return False."""
        try:
            done = correct_document(
                order_id=order.pk,
                document_id=document.pk,
                details=form.details(),
                rest=form.cleaned_data["rest"],
                reason=form.cleaned_data["reason"],
                actor=cast(User, request.user),
                now=timezone.now(),
            )
        except StillMissing as refusal:
            form.add_error(None, f"{refusal} {faults_in_words(refusal.faults)}")
            return False
        except Refused as refusal:
            add_refusal(form, refusal)
            return False
        told = _("%(wrong)s is taken back by %(credit_note)s and replaced by %(new)s.")
        numbers = {"wrong": document.number, "credit_note": done.credit_note.number, "new": done.invoice.number}
        messages.success(request, told % numbers)
        return True

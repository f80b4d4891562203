"""Admin page of the seller."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminImageFieldWidget, UnfoldBooleanSwitchWidget

from catalog.services.errors import ImageRefused
from catalog.services.images import prepare_image
from common.admin.refusals import TellsRefusals
from common.answers import keep_nowhere
from common.languages import languages
from shop.papers.preview import sample_pdf
from shop.seller.missing import missing_from_the_shop
from shop.seller.models import ShopIdentity
from shop.seller.prices import NOT_CONFIRMED, needs_confirming
from shop.seller.services import LONGEST_BEFORE, LONGEST_REMINDER, LONGEST_UNPAID_TIMES, save_seller, tidy_seller

if TYPE_CHECKING:
    from django.contrib.admin.options import _FieldOpts as FieldOpts
    from django_stubs_ext import StrOrPromise

THE_ROW = "1"

FIELDSETS: tuple[tuple[StrOrPromise, FieldOpts], ...] = (
    (_("Who sells"), {"fields": ("name", "logo", "street", "postal_code", "city", "country")}),
    (_("Registration"), {"fields": ("siret", "vat_number", "legal_line", "activity_number")}),
    (_("Prices and VAT"), {"fields": ("prices_include_tax", "rereads_prices", "vat_id_rule")}),
    (_("Bank details"), {"fields": ("bank_name", "iban", "bic")}),
    (
        _("Look and terms of invoices and other documents"),
        {
            "fields": (
                "accent",
                ("footer_fr", "footer_en"),
                ("payment_terms_fr", "payment_terms_en"),
                ("penalties_fr", "penalties_en"),
                ("discount_fr", "discount_en"),
            ),
            "description": _("Documents that are issued keep the look and the terms that they were issued with."),
        },
    ),
    (_("Addresses for mail"), {"fields": ("sales_email", "support_email")}),
    (
        _("How long an order may stay unpaid"),
        {"fields": ("immediate_minutes", "deferred_days", "undecided_minutes", "zero_total_hours")},
    ),
    (
        _("Reminders of payments that are due"),
        {
            "fields": (
                "reminder_before_days",
                "reminder_first_days",
                "reminder_second_days",
                "reminder_last_days",
            ),
            "description": _(
                "By mail, until the part is paid. One account is switched off under its terms; the list of due parts "
                "pauses them."
            ),
        },
    ),
    (_("Orders of addresses that nobody has proved"), {"fields": ("unproved_share",)}),
)
FIELDS: list[str] = flatten_fieldsets(FIELDSETS)


class ShopIdentityForm(forms.ModelForm):
    """Form of the seller, with the service's refusals as errors of its fields."""

    use_required_attribute = False

    rereads_prices = forms.BooleanField(
        label=_("Read all prices typed so far this way too"),
        required=False,
        widget=UnfoldBooleanSwitchWidget(),
        help_text=_("Needed once there are sales. What was sold keeps its amounts."),
    )

    class Meta:
        model = ShopIdentity
        fields = FIELDS
        help_texts = {
            "name": _("As customers know you; at the head of every page and in every mail."),
            "siret": _("The 14 digits of the establishment that sells."),
            "vat_number": _("With the letters of its country, for instance FR."),
            "iban": _("Where customers send transfers. Stands on the page and in the mail that say how to pay."),
            "bic": _("Needed for transfers from abroad."),
            "sales_email": _(
                "Where the shop tells of orders, payments and failures. Empty: the address it was set up with."
            ),
            "support_email": _("Where customers turn to. Stands at the foot of every page and mail."),
            "logo": _("JPEG, PNG or WebP; shown beside the name at the head of the shop."),
            "accent": _("Stands on white and under white text, so it has to be dark enough."),
            "footer_fr": _("Below the seller at the foot of each page."),
            "footer_en": _("Below the seller at the foot of each page."),
            "payment_terms_fr": _("Printed where something is to be paid, beside the amounts and their last days."),
            "payment_terms_en": _("Printed where something is to be paid, beside the amounts and their last days."),
            "penalties_fr": _("For companies. Empty: three times the legal interest rate."),
            "penalties_en": _("For companies. Empty: three times the legal interest rate."),
            "discount_fr": _("For companies and public bodies. Empty: no discount."),
            "discount_en": _("For companies and public bodies. Empty: no discount."),
            "deferred_days": _(
                "For bank transfers and other money that takes its time. Counted from the placing of the order."
            ),
            "undecided_minutes": _("Counted from the placing of the order."),
            "zero_total_hours": _("A visitor's order that costs nothing waits so long for the link in its mail."),
        }

    def clean_logo(self) -> Any:
        logo = self.cleaned_data["logo"]
        if logo and "logo" in self.changed_data:
            try:
                return prepare_image(logo.file)
            except ImageRefused as refusal:
                raise ValidationError(str(refusal)) from refusal
        return logo

    def clean_accent(self) -> str:
        """Return the colour typed; the one stored where none is sent."""
        return str(self.cleaned_data["accent"] or self.instance.accent)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # a hook of Django that its types leave out
        if not self.errors:
            for field, message in tidy_seller(self.instance).items():
                self.add_error(field, str(message))
            if not self.cleaned_data.get("rereads_prices") and needs_confirming(self.instance):
                self.add_error("rereads_prices", str(NOT_CONFIRMED))


@admin.register(ShopIdentity)
class ShopIdentityAdmin(TellsRefusals):
    form = ShopIdentityForm
    warn_unsaved_form = True
    change_form_outer_before_template = "seller/admin/missing.html"
    change_form_outer_after_template = "seller/admin/preview.html"
    fieldsets = FIELDSETS

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> ShopIdentity | None:
        """Return the row; a blank one, not yet saved, if there is none."""
        stored = super().get_object(request, object_id, from_field)
        return stored or (ShopIdentity(pk=1) if object_id == THE_ROW else None)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return redirect("admin:shop_shopidentity_change", THE_ROW)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        missing = missing_from_the_shop(now=timezone.now())
        samples = [(code, get_language_info(code)["name_local"].capitalize()) for code in languages()]
        context = {**(extra_context or {}), "missing": missing, "sample_languages": samples}
        return super().changeform_view(request, object_id, form_url, context)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "logo":
            kwargs["widget"] = UnfoldAdminImageFieldWidget({"accept": "image/jpeg,image/png,image/webp"})
        elif db_field.name == "accent":
            kwargs |= {"widget": UnfoldAdminColorInputWidget(), "required": False}
        elif db_field.name in LONGEST_UNPAID_TIMES:
            kwargs |= {"min_value": 1, "max_value": LONGEST_UNPAID_TIMES[db_field.name]}
        elif db_field.name == "reminder_before_days":
            kwargs |= {"min_value": 0, "max_value": LONGEST_BEFORE}
        elif db_field.name.startswith("reminder_"):
            kwargs |= {"min_value": 1, "max_value": LONGEST_REMINDER}
        elif db_field.name == "unproved_share":
            kwargs |= {"min_value": 0, "max_value": 100}
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("preview/<str:language>/", wrap(self.preview), name="shop_shopidentity_preview"),
            *super().get_urls(),
        ]

    def preview(self, request: HttpRequest, language: str) -> HttpResponse:
        """Answer with a sample invoice of the seller as saved, in a language. It has no number and is no document."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if language not in languages():
            raise Http404
        content = sample_pdf(ShopIdentity.current(), language=language, day=timezone.localdate())
        headers = {"Content-Disposition": f'inline; filename="sample-{language}.pdf"'}
        return keep_nowhere(HttpResponse(content, content_type="application/pdf", headers=headers))

    def save_model(self, request: HttpRequest, obj: ShopIdentity, form: ShopIdentityForm, change: bool) -> None:
        save_seller(seller=obj, rereads_prices=form.cleaned_data["rereads_prices"])

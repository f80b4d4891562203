"""Versions of the legal texts: written as drafts, published by a button, then never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info, gettext_lazy
from django.utils.translation import gettext as _
from modeltranslation.admin import TranslationAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from common.admin.display import Label
from common.admin.languages import language_tabs
from common.admin.refusals import TellsRefusals
from common.languages import languages
from common.refusals import Refused
from shop.seller.legal_texts import (
    discard_text,
    publish_text,
    save_text,
    start_version,
)
from shop.seller.models import LegalText

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Versioned(TypedDict):
    """Columns added to the rows of the list by `LegalTextAdmin.get_queryset`."""

    is_replaced: bool


class StartForm(forms.Form):
    """Kind of text of which to start a new version."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Which text"), choices=LegalText.Kind.choices, widget=UnfoldAdminSelectWidget()
    )


@admin.register(LegalText)
class LegalTextAdmin(TellsRefusals, TranslationAdmin):
    list_display = ("kind_label", "version", "state_label", "published_at")
    list_filter = (("kind", ChoicesDropdownFilter),)
    ordering = ("kind", "-version")
    readonly_fields = ("kind", "version", "state_label", "published_at")
    # Deleting several at once would bypass the service, which checks that each is a draft.
    actions = None
    warn_unsaved_form = True
    change_form_outer_after_template = "seller/admin/legal_tools.html"

    # --- The list ---

    def get_queryset(self, request: HttpRequest) -> QuerySet[LegalText]:
        newer = LegalText.objects.filter(
            kind=OuterRef("kind"), version__gt=OuterRef("version"), published_at__lte=timezone.now()
        )
        return super().get_queryset(request).annotate(is_replaced=Exists(newer))

    @display(description=gettext_lazy("text"), ordering="kind")
    def kind_label(self, text: LegalText) -> str:
        return text.get_kind_display().capitalize()

    @display(description=gettext_lazy("state"))
    def state_label(self, text: WithAnnotations[LegalText, Versioned]) -> SafeString:
        if text.published_at is None:
            return Label(_("draft"), "warning").html
        return (Label(_("replaced")) if text.is_replaced else Label(_("in force"), "success")).html

    # --- A version ---

    def has_change_permission(self, request: HttpRequest, obj: LegalText | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.published_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: LegalText | None = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or obj.published_at is None)

    def get_fieldsets(self, request: HttpRequest, obj: LegalText | None = None) -> list[Any]:
        return [(None, {"fields": ["kind", "version", "state_label", "published_at"]}), *language_tabs("body")]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name.startswith("body"):
            kwargs["widget"] = UnfoldAdminTextareaWidget({"rows": 24})
            kwargs["required"] = False  # of a draft; publishing asks for the text
            kwargs["help_text"] = _("Plain text. An empty line starts a new paragraph.")
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        # New versions are started by a button of their own.
        context = {
            "may_write": self._may_write(request),
            "show_save_and_add_another": False,
            **(extra_context or {}),
        }
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: LegalText, form: forms.ModelForm, change: bool) -> None:
        bodies = {code: getattr(obj, f"body_{code}") or "" for code in languages()}
        save_text(text_id=obj.pk, bodies=bodies)

    def delete_model(self, request: HttpRequest, obj: LegalText) -> None:
        discard_text(text_id=obj.pk)

    # --- Starting and publishing ---

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:text_id>/publish/", wrap(self.publish), name="shop_legaltext_publish"),
            path("<int:text_id>/next/", wrap(self.start_next), name="shop_legaltext_next"),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for the kind of text; redirect to its draft, the existing one or a copy of the last version."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = StartForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            return self._to_draft(request, form.cleaned_data["kind"])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("New version of a legal text"),
            "form": form,
        }
        return TemplateResponse(request, "seller/admin/legal_start.html", context)

    def start_next(self, request: HttpRequest, text_id: int) -> HttpResponse:
        """Start the next version of a published text; POST only."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._to_draft(request, self._text_or_404(request, text_id).kind)

    def publish(self, request: HttpRequest, text_id: int) -> HttpResponse:
        """Show the text once more; POST publishes it."""
        text = self._text_or_404(request, text_id)
        if not self._may_write(request):
            raise PermissionDenied
        if request.method == "POST":
            try:
                publish_text(text_id=text.pk, now=timezone.now())
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _("%(text)s is published.") % {"text": str(text).capitalize()})
            return redirect("admin:shop_legaltext_change", text.pk)
        bodies = [
            (get_language_info(code)["name_local"].capitalize(), getattr(text, f"body_{code}")) for code in languages()
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": text,
            "title": str(text),
            "text": text,
            "bodies": bodies,
            "replaces": LegalText.in_force(text.kind, timezone.now()),
        }
        return TemplateResponse(request, "seller/admin/legal_publish.html", context)

    def view_on_site(self, obj: LegalText) -> str | None:
        return reverse("legal", args=[obj.kind], query={"version": obj.version}) if obj.published_at else None

    def _may_write(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def _text_or_404(self, request: HttpRequest, text_id: int) -> LegalText:
        if not self.has_view_permission(request):
            raise PermissionDenied
        text = LegalText.objects.filter(pk=text_id).first()
        if text is None:
            raise Http404
        return text

    def _to_draft(self, request: HttpRequest, kind: str) -> HttpResponse:
        try:
            draft = start_version(kind=kind)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:shop_legaltext_changelist")
        return redirect("admin:shop_legaltext_change", draft.pk)

"""Documents in the administration: read only, with their files as they were handed out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from common.admin.display import NOTHING, amount, anchor, link, moment
from common.admin.filters import DayRangeFilter
from common.admin.readonly import ReadOnlyAdmin
from common.refusals import Refused
from documents.issued.answers import file_answer
from documents.issued.bundles import bundle_answer
from documents.issued.files import FileLost, NoLongerKept, NotMadeYet
from documents.issued.finding import BY_WHOLE_TEXT, BY_WORD, LINKS
from documents.issued.models import Document, DocumentFile


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    list_display = ("number", "kind", "day", "total", "buyer", "file_links")
    list_display_links = ("number",)
    list_filter = (("kind", ChoicesDropdownFilter), ("issued_on", DayRangeFilter))
    list_filter_submit = True
    rows_named = gettext_lazy("documents")
    search_fields = ("number",)
    whole_fields = ("number",)
    search_help_text = gettext_lazy("Number, order number, or name of a customer account")
    actions = ("save_pdf", "save_xml", "save_ubl")
    ordering = ("-issued_on", "-id")
    fields = readonly_fields = (
        "number", "kind", "day", "total", "buyer", "order_link", "file_links", "corrected", "corrections", "written_in",
        "issued", "issued_by_name", "digest_text",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        files = Prefetch("files", DocumentFile.objects.defer("content"))
        return super().get_queryset(request).select_related("corrects", "issued_by").prefetch_related(files)

    def get_urls(self) -> list[URLPattern]:
        file = path(
            "<int:document_id>/file/<str:form>/", self.admin_site.admin_view(self.file), name="documents_document_file"
        )
        return [file, *super().get_urls()]

    def also_found(self, word: str) -> list[QuerySet[Any]]:
        return [Document.objects.filter(order_id__in=find(word)).values("pk") for find in BY_WORD]

    def also_found_whole(self, text: str) -> list[QuerySet[Any]]:
        return [Document.objects.filter(order_id__in=find(text)).values("pk") for find in BY_WHOLE_TEXT]

    @action(description=gettext_lazy("Save as one ZIP file: PDF"), permissions=["view"])
    def save_pdf(self, request: HttpRequest, queryset: QuerySet[Document]) -> HttpResponseBase | None:
        return self._bundle(request, queryset, DocumentFile.Form.PDF)

    @action(description=gettext_lazy("Save as one ZIP file: Factur-X XML alone"), permissions=["view"])
    def save_xml(self, request: HttpRequest, queryset: QuerySet[Document]) -> HttpResponseBase | None:
        return self._bundle(request, queryset, DocumentFile.Form.XML)

    @action(description=gettext_lazy("Save as one ZIP file: UBL"), permissions=["view"])
    def save_ubl(self, request: HttpRequest, queryset: QuerySet[Document]) -> HttpResponseBase | None:
        return self._bundle(request, queryset, DocumentFile.Form.UBL)

    def _bundle(
        self, request: HttpRequest, documents: QuerySet[Document], form: DocumentFile.Form
    ) -> HttpResponseBase | None:
        """Answer with the chosen documents in one file; None, which leads back to the list, where there is none."""
        chosen = Document.objects.filter(pk__in=documents.order_by().values("pk"))
        try:
            return bundle_answer(chosen, form, name=f"{_('documents')}-{timezone.localdate():%Y-%m-%d}")
        except Refused as refusal:
            messages.error(request, str(refusal))
            return None

    def file(self, request: HttpRequest, document_id: int, form: str) -> HttpResponse:
        """Answer with a file, byte for byte as it was made; with the document's page where there is none."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        document = get_object_or_404(Document, pk=document_id)
        try:
            return file_answer(document, form)
        except NotMadeYet:
            messages.warning(request, _("This file is not made yet, or documents of this kind have none."))
        except NoLongerKept:
            messages.warning(request, _("Ten years after its year nothing of a document is kept but its number."))
        except FileLost:
            told = _("This file was lost, and cannot be made again as it was handed out. Bring it back from a backup.")
            messages.error(request, told)
        return redirect("admin:documents_document_change", document.pk)

    @display(description=gettext_lazy("day of issue"), ordering="issued_on")
    def day(self, document: Document) -> str:
        return date_format(document.issued_on)

    @display(description=gettext_lazy("total"))
    def total(self, document: Document) -> str:
        gross = _text(document.data, "gross")
        return amount(Decimal(gross), _text(document.data, "currency")) if gross else NOTHING

    @display(description=gettext_lazy("buyer"))
    def buyer(self, document: Document) -> str:
        return _text(document.data.get("buyer"), "name") or NOTHING

    @display(description=gettext_lazy("order"))
    def order_link(self, document: Document) -> SafeString | str:
        order_id = document.order_id
        found = [(link_to(order_id),) for link_to in LINKS] if order_id is not None else []
        return format_html_join(", ", "{}", found) or NOTHING

    @display(description=gettext_lazy("files"))
    def file_links(self, document: Document) -> SafeString | str:
        if document.emptied_at is not None:
            return _("no longer kept")
        page = "admin:documents_document_file"
        links = [
            (anchor(reverse(page, args=[document.pk, file.form]), file.get_form_display()),)
            for file in document.files.all()
        ]
        # In one element, which narrow lists set beside their label.
        return format_html("<span>{}</span>", format_html_join(" · ", "{}", links)) if links else _("not made yet")

    @display(description=gettext_lazy("corrects"))
    def corrected(self, document: Document) -> SafeString | str:
        one = document.corrects
        return link("documents_document", one.pk, one.number) if one is not None else NOTHING

    @display(description=gettext_lazy("corrected by"))
    def corrections(self, document: Document) -> SafeString | str:
        rows = [(link("documents_document", each.pk, each.number),) for each in document.corrected_by.order_by("pk")]
        return format_html_join(", ", "{}", rows) or NOTHING

    @display(description=gettext_lazy("language"))
    def written_in(self, document: Document) -> str:
        return {"fr": _("French"), "en": _("English")}[document.language]

    @display(description=gettext_lazy("issued at"), ordering="issued_at")
    def issued(self, document: Document) -> str:
        return moment(document.issued_at)

    @display(description=gettext_lazy("issued by"))
    def issued_by_name(self, document: Document) -> str:
        return document.issued_by.get_full_name() if document.issued_by else _("the shop, by rule")

    @display(description=gettext_lazy("digest"))
    def digest_text(self, document: Document) -> str:
        return bytes(document.digest).hex()


def _text(values: Any, name: str) -> str:
    """Return a text of frozen data, "" where the template of the document has none of that name."""
    value = values.get(name) if isinstance(values, dict) else None
    return value if isinstance(value, str) else ""

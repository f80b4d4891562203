"""Approved platforms in the administration: their keys, whether documents are sent, and what became of each."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from common.admin.display import NOTHING, Label, choice_label, link, moment
from common.admin.filters import AttentionFilter
from common.admin.readonly import ReadOnlyAdmin
from shop.papers.platforms.addresses import NO_ADDRESS, NO_DIRECTORY
from shop.papers.platforms.models import DocumentSending, PlatformSettings
from shop.papers.platforms.port import Platform
from shop.papers.platforms.registry import get_platform
from shop.papers.platforms.services import needing_attention
from shop.payments.configured.forms import MethodForm
from shop.payments.configured.keyed_admin import KeyedAdmin
from shop.payments.configured.models import ProviderSettings

State = DocumentSending.State
COLOURS = {
    State.WAITING: "info",
    State.SENT: "info",
    State.DEPOSITED: "info",
    State.RECEIVED: "info",
    State.APPROVED: "success",
    State.PAID: "success",
    State.REFUSED: "danger",
}


WHY_NOT_SENT = {
    NO_ADDRESS: _("The directory of companies knows no address of the buyer. It is asked again each day."),
    NO_DIRECTORY: _("The platform refused to look the buyer up. It is asked again each day."),
}


class SendingTodoFilter(AttentionFilter):
    """Filter of documents that were refused and are not taken back yet, or whose buyer the directory does not know."""

    def needing_attention(self) -> QuerySet[DocumentSending]:
        return needing_attention()


class PlatformForm(MethodForm):
    """Settings of a platform: whether documents are sent to it, off unless the merchant says so, and its keys."""

    offer = forms.ChoiceField(
        label=_("Documents are sent"),
        required=False,
        choices=[(ProviderSettings.Offer.AS_SET, _("no")), (ProviderSettings.Offer.YES, _("yes"))],
        widget=UnfoldAdminSelectWidget(),
        help_text=_(
            "Those issued after the keys were saved, by the e-invoice flags of their tax codes. It was never tried on "
            "a real platform: begin in test mode."
        ),
    )


@admin.register(PlatformSettings)
class PlatformSettingsAdmin(KeyedAdmin):
    list_display = ("title", "sends", "keys_label", "mode")
    list_display_links = ("title",)
    method_form = PlatformForm

    def service_of(self, row: ProviderSettings) -> Platform:
        platform = get_platform(row.name)
        if platform is None:
            raise Http404
        return platform

    @display(description=_("platform"))
    def title(self, row: PlatformSettings) -> str:
        return self.service_of(row).title

    @display(description=_("documents are sent"))
    def sends(self, row: PlatformSettings) -> SafeString:
        is_on = row.offer == ProviderSettings.Offer.YES
        return (Label(gettext("yes"), "success") if is_on else Label(gettext("no"))).html


@admin.register(DocumentSending)
class DocumentSendingAdmin(ReadOnlyAdmin):
    list_display = ("number", "state_label", "said", "waits_since", "news")
    list_display_links = ("number",)
    list_filter = (SendingTodoFilter, ("state", ChoicesDropdownFilter))
    list_filter_submit = True
    list_select_related = ("document",)
    rows_named = _("documents at the platform")
    search_fields = ("document__number",)
    search_help_text = _("Number")
    ordering = ("-id",)
    fields = readonly_fields = (
        "document_link", "state_label", "said", "platform", "reference", "key", "waits_since", "news",
    )  # fmt: skip

    @display(description=_("document"), ordering="document")
    def number(self, sending: DocumentSending) -> str:
        return sending.document.number

    @display(description=_("document"))
    def document_link(self, sending: DocumentSending) -> SafeString | str:
        return link("documents_document", sending.document_id, sending.document)

    @display(description=_("state"), ordering="state")
    def state_label(self, sending: DocumentSending) -> SafeString:
        return choice_label(sending, "state", COLOURS)

    @display(description=_("status code and reasons"))
    def said(self, sending: DocumentSending) -> str:
        why = WHY_NOT_SENT.get(sending.code)
        return str(why) if why else f"{sending.code} {sending.reasons}".strip() or NOTHING

    @display(description=_("to be sent since"), ordering="asked_at")
    def waits_since(self, sending: DocumentSending) -> str:
        return moment(sending.asked_at)

    @display(description=_("last news"), ordering="told_at")
    def news(self, sending: DocumentSending) -> str:
        return moment(sending.told_at)

"""Payment methods in the administration: which are offered, the keys of their providers, and a try of them."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from common.admin.display import NOTHING, Label
from shop.payments.configured.filters import InVainFilter
from shop.payments.configured.forms import MethodForm
from shop.payments.configured.keyed_admin import KeyedAdmin, webhook_address
from shop.payments.configured.models import ProviderSettings
from shop.payments.port import Provider
from shop.payments.registry import get_provider, known, providers


@admin.register(ProviderSettings)
class ProviderSettingsAdmin(KeyedAdmin):
    list_display = ("__str__", "by", "offer_label", "keys_label", "mode")
    list_display_links = ("__str__",)
    list_filter = (InVainFilter,)
    list_filter_submit = True

    def service_of(self, row: ProviderSettings) -> Provider:
        return provider_of(row)

    def webhook_of(self, row: ProviderSettings) -> str:
        provider = provider_of(row)
        return webhook_address(provider.name) if provider.has_page and provider.settings_form is not None else ""

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderSettings]:
        """Return the methods of this installation: rows of packages that are gone stay, unseen."""
        names = [provider.name for provider in known() if provider.is_choosable]
        return super().get_queryset(request).filter(name__in=names)

    def save_model(self, request: HttpRequest, obj: ProviderSettings, form: MethodForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if obj.offer == ProviderSettings.Offer.YES and not provider_of(obj).is_fit():
            messages.warning(request, _("Customers are not offered it: it lacks keys that move real money."))

    @display(description=gettext_lazy("provider"))
    def by(self, row: ProviderSettings) -> str:
        return provider_of(row).title or NOTHING

    @display(description=gettext_lazy("offered to customers"))
    def offer_label(self, row: ProviderSettings) -> SafeString:
        provider = provider_of(row)
        if provider not in providers():
            return Label(_("no")).html
        return (Label(_("yes"), "success") if provider.is_fit() else Label(_("cannot be"), "danger")).html


def provider_of(row: ProviderSettings) -> Provider:
    """Return the provider of a row of the list."""
    provider = get_provider(row.name)
    if provider is None:
        raise Http404
    return provider

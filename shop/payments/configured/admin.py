"""Payment methods in the administration: which are offered, the keys of their providers, and a try of them."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from unfold.decorators import display

from accounts.people.models import User
from common.admin.display import NOTHING, Label
from common.admin.refusals import TellsRefusals
from common.refusals import Refused
from shop.payments.configured import wording
from shop.payments.configured.filters import InVainFilter
from shop.payments.configured.forms import KEYS_SAVED, MethodForm, form_for
from shop.payments.configured.models import ProviderSettings
from shop.payments.configured.services import remove_keys, save_settings, try_keys
from shop.payments.port import CallRefused, Provider, Unreachable
from shop.payments.registry import get_provider, known, providers

MAY = "shop.change_providersettings"


@admin.register(ProviderSettings)
class ProviderSettingsAdmin(TellsRefusals):
    list_display = ("__str__", "by", "offer_label", "keys_label", "mode")
    list_display_links = ("__str__",)
    list_filter = (InVainFilter,)
    list_filter_submit = True
    actions = None
    warn_unsaved_form = True
    change_form_outer_before_template = "configured/admin/keys.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderSettings]:
        """Return the methods of this installation: rows of packages that are gone stay, unseen."""
        names = [provider.name for provider in known() if provider.is_choosable]
        return super().get_queryset(request).filter(name__in=names)

    # --- The list ---

    @display(description=gettext_lazy("provider"))
    def by(self, row: ProviderSettings) -> str:
        return wording.title_of(provider_of(row)) or NOTHING

    @display(description=gettext_lazy("offered to customers"))
    def offer_label(self, row: ProviderSettings) -> SafeString:
        provider = provider_of(row)
        if provider not in providers():
            return Label(_("no")).html
        return (Label(_("yes"), "success") if provider.is_fit() else Label(_("cannot be"), "danger")).html

    @display(description=gettext_lazy("keys"))
    def keys_label(self, row: ProviderSettings) -> SafeString | str:
        provider = provider_of(row)
        if provider.settings_form is None:
            return NOTHING
        if row.problem:
            return Label(pgettext("keys", "refused"), "danger").html
        if not provider.has_keys():
            return Label(_("missing"), "warning").html
        return Label(_("saved here") if row.keys_at else _("of the environment"), "success").html

    @display(description=gettext_lazy("mode"))
    def mode(self, row: ProviderSettings) -> str:
        provider = provider_of(row)
        values = provider.values()
        if provider.settings_form is None or not values:
            return NOTHING
        return wording.mode_in_words(provider.settings_form.is_test(values))

    # --- A method ---

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        declared = provider_of(obj).settings_form if obj else None
        return super().get_form(request, obj, change=change, form=form_for(declared), **options)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        declared = provider_of(obj).settings_form if obj else None
        offered = (None, {"fields": ["offer"]})
        if declared is None:
            return [offered]
        if not self.has_change_permission(request, obj):
            return [offered]  # of keys their reader sees what stands above
        return [offered, (gettext_lazy("Keys"), {"fields": [*declared.base_fields, KEYS_SAVED]})]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **options: Any
    ) -> HttpResponse:
        if obj is not None:
            context.update(self._context(request, obj))
        return super().render_change_form(request, context, *args, obj=obj, **options)

    def _context(self, request: HttpRequest, row: ProviderSettings) -> dict[str, Any]:
        provider = provider_of(row)
        hears = provider.has_page and provider.settings_form is not None
        return {
            "row": row,
            "provider_title": wording.title_of(provider),
            "source": wording.source_of(provider, row),
            "last_check": wording.check_in_words(row),
            "webhook": settings.SITE_URL + reverse("payment-webhook", args=[provider.name]) if hears else "",
            "may_try": provider.settings_form is not None and request.user.has_perm(MAY),
        }

    def save_model(self, request: HttpRequest, obj: ProviderSettings, form: MethodForm, change: bool) -> None:
        saved = save_settings(
            provider=provider_of(obj),
            offer=obj.offer,
            typed=form.typed(),
            actor=cast(User, request.user),
            now=timezone.now(),
        )
        if saved.offer == ProviderSettings.Offer.YES and not provider_of(saved).is_fit():
            messages.warning(request, _("Customers are not offered it: it lacks keys that move real money."))

    # --- Buttons ---

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:settings_id>/check/", wrap(self.check_connection), name="shop_providersettings_check"),
            path("<int:settings_id>/keys/", wrap(self.remove), name="shop_providersettings_remove"),
            *super().get_urls(),
        ]

    def check_connection(self, request: HttpRequest, settings_id: int) -> HttpResponse:
        """Try the keys in force; POST only."""
        row = self._row(request, settings_id)
        if row is None:
            return HttpResponseNotAllowed(["POST"])
        try:
            found = try_keys(provider=provider_of(row), now=timezone.now())
        except CallRefused as refusal:
            messages.error(request, wording.refused_in_words(str(refusal)))
        except Unreachable as silence:
            messages.warning(request, wording.silent_in_words(str(silence)))
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, wording.found_in_words(found))
        return redirect("admin:shop_providersettings_change", settings_id)

    def remove(self, request: HttpRequest, settings_id: int) -> HttpResponse:
        """Remove the keys saved here; POST only."""
        row = self._row(request, settings_id)
        if row is None:
            return HttpResponseNotAllowed(["POST"])
        try:
            remove_keys(provider=provider_of(row), seen=_moment(request.POST.get("seen", "")))
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            self.log_change(request, row, _("Keys removed."))
            messages.success(request, _("The keys are removed."))
        return redirect("admin:shop_providersettings_change", settings_id)

    def _row(self, request: HttpRequest, settings_id: int) -> ProviderSettings | None:
        """Return the row that a button names; None unless it was pressed. Raises PermissionDenied and Http404."""
        if request.method != "POST":
            return None
        if not request.user.has_perm(MAY):
            raise PermissionDenied
        row = self.get_queryset(request).filter(pk=settings_id).first()
        if row is None:
            raise Http404
        return row


def provider_of(row: ProviderSettings) -> Provider:
    """Return the provider of a row of the list."""
    provider = get_provider(row.name)
    if provider is None:
        raise Http404
    return provider


def _moment(text: str) -> Any:
    """Return the moment that a page has written into its form; None for any other text."""
    try:
        return parse_datetime(text)
    except ValueError:
        return None

"""Pages of outside services in the administration: the keys of each, a try of them, and their removal."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
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
from shop.payments.configured.forms import KEYS_SAVED, MethodForm, form_for
from shop.payments.configured.keyed import Keyed
from shop.payments.configured.models import ProviderSettings
from shop.payments.configured.services import remove_keys, save_settings, try_keys
from shop.payments.port import CallRefused, Unreachable


class KeyedAdmin(TellsRefusals):
    """Rows of services of one kind. Subclasses say which row is whose (`service_of`), and where messages go to."""

    actions = None
    warn_unsaved_form = True
    change_form_outer_before_template = "configured/admin/keys.html"
    method_form: type[MethodForm] = MethodForm

    def service_of(self, row: ProviderSettings) -> Keyed:
        """Return the service of a row. Raises Http404 for one that is not installed."""
        raise NotImplementedError

    def webhook_of(self, row: ProviderSettings) -> str:
        """Return the address to which the service sends messages, "" if it sends none."""
        return ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def may_change(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    # --- The list ---

    @display(description=gettext_lazy("keys"))
    def keys_label(self, row: ProviderSettings) -> SafeString | str:
        service = self.service_of(row)
        if service.settings_form is None:
            return NOTHING
        if row.problem:
            return Label(pgettext("keys", "refused"), "danger").html
        if not service.has_keys():
            return Label(_("missing"), "warning").html
        return Label(_("saved here") if row.keys_at else _("of the environment"), "success").html

    @display(description=gettext_lazy("mode"))
    def mode(self, row: ProviderSettings) -> str:
        service = self.service_of(row)
        values = service.values()
        if service.settings_form is None or not values:
            return NOTHING
        return wording.mode_in_words(service.settings_form.is_test(values))

    # --- A service ---

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        declared = self.service_of(obj).settings_form if obj else None
        form = form_for(declared, self.method_form)
        return super().get_form(request, obj, change=change, form=form, **options)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        declared = self.service_of(obj).settings_form if obj else None
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
        service = self.service_of(row)
        return {
            "row": row,
            "provider_title": service.title,
            "source": wording.source_of(service, row),
            "last_check": wording.check_in_words(row),
            "webhook": self.webhook_of(row),
            "check_url": reverse(f"admin:{self._named('check')}", args=[row.pk]),
            "remove_url": reverse(f"admin:{self._named('remove')}", args=[row.pk]),
            "may_try": service.settings_form is not None and self.may_change(request),
        }

    def save_model(self, request: HttpRequest, obj: ProviderSettings, form: MethodForm, change: bool) -> None:
        save_settings(
            provider=self.service_of(obj),
            offer=obj.offer,
            typed=form.typed(),
            actor=cast(User, request.user),
            now=timezone.now(),
        )

    # --- Buttons ---

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:settings_id>/check/", wrap(self.check_connection), name=self._named("check")),
            path("<int:settings_id>/keys/", wrap(self.remove), name=self._named("remove")),
            *super().get_urls(),
        ]

    def check_connection(self, request: HttpRequest, settings_id: int) -> HttpResponse:
        """Try the keys in force; POST only."""
        row = self._row(request, settings_id)
        if row is None:
            return HttpResponseNotAllowed(["POST"])
        try:
            found = try_keys(provider=self.service_of(row), now=timezone.now())
        except CallRefused as refusal:
            messages.error(request, wording.refused_in_words(str(refusal)))
        except Unreachable as silence:
            messages.warning(request, wording.silent_in_words(str(silence)))
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, wording.found_in_words(found))
        return redirect(f"admin:{self._named('change')}", settings_id)

    def remove(self, request: HttpRequest, settings_id: int) -> HttpResponse:
        """Remove the keys saved here; POST only."""
        row = self._row(request, settings_id)
        if row is None:
            return HttpResponseNotAllowed(["POST"])
        try:
            remove_keys(provider=self.service_of(row), seen=_moment(request.POST.get("seen", "")))
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            self.log_change(request, row, _("Keys removed."))
            messages.success(request, _("The keys are removed."))
        return redirect(f"admin:{self._named('change')}", settings_id)

    def _named(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def _row(self, request: HttpRequest, settings_id: int) -> ProviderSettings | None:
        """Return the row that a button names; None unless it was pressed. Raises PermissionDenied and Http404."""
        if request.method != "POST":
            return None
        if not self.may_change(request):
            raise PermissionDenied
        row: ProviderSettings | None = self.get_queryset(request).filter(pk=settings_id).first()
        if row is None:
            raise Http404
        return row


def webhook_address(provider: str) -> str:
    """Return the whole address of a provider's webhook."""
    return settings.SITE_URL + reverse("payment-webhook", args=[provider])


def _moment(text: str) -> Any:
    """Return the moment that a page has written into its form; None for any other text."""
    try:
        return parse_datetime(text)
    except ValueError:
        return None

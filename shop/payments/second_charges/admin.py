"""Rule for second charges in the administration: since when it stands, who switched it, and the switch."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from accounts.people.models import User
from common.admin.display import NOTHING, moment
from common.admin.readonly import ReadOnlyAdmin
from common.refusals import Refused
from shop.payments.second_charges.models import SecondChargeRule
from shop.payments.second_charges.services import standing_rule, switch_rule

RULE = "shop.rule_second_charges"
PAGE = "admin:shop_secondchargerule_changelist"


@admin.register(SecondChargeRule)
class SecondChargeRuleAdmin(ReadOnlyAdmin):
    list_display = ("switched_on", "switched_on_by", "switched_off", "switched_off_by")
    list_select_related = ("on_by", "off_by")
    rows_named = gettext_lazy("times of this rule")
    when_empty = gettext_lazy("It was never switched on: second charges wait for you.")
    fields = readonly_fields = list_display
    list_before_template = "second_charges/admin/switch.html"

    def get_urls(self) -> list[URLPattern]:
        switch = path("switch/", self.admin_site.admin_view(self.switch), name="shop_secondchargerule_switch")
        return [switch, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        shown = {"stands": standing_rule() is not None, "may_switch": request.user.has_perm(RULE)}
        return super().changelist_view(request, (extra_context or {}) | shown)

    def switch(self, request: HttpRequest) -> HttpResponse:
        """Switch the rule to the state that the button named."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not (self.has_view_permission(request) and request.user.has_perm(RULE)):
            raise PermissionDenied
        if request.POST.get("to") not in ("on", "off"):
            return HttpResponseBadRequest()
        is_on = request.POST["to"] == "on"
        try:
            switch_rule(is_on=is_on, actor=cast(User, request.user), now=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            on = _("Second charges that come from now on are sent back by themselves.")
            messages.success(request, on if is_on else _("Second charges wait for you again."))
        return redirect(PAGE)

    @display(description=gettext_lazy("switched on"), ordering="on_at")
    def switched_on(self, rule: SecondChargeRule) -> SafeString | str:
        return moment(rule.on_at)

    @display(description=gettext_lazy("switched on by"), ordering="on_by")
    def switched_on_by(self, rule: SecondChargeRule) -> str:
        return rule.on_by.get_full_name()

    @display(description=gettext_lazy("switched off on"), ordering="off_at")
    def switched_off(self, rule: SecondChargeRule) -> SafeString | str:
        return moment(rule.off_at)

    @display(description=gettext_lazy("switched off by"), ordering="off_by")
    def switched_off_by(self, rule: SecondChargeRule) -> str:
        return rule.off_by.get_full_name() if rule.off_by else NOTHING

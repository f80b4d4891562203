"""Plans of payment in the administration: made, changed, and withdrawn from the offer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.widgets import FilteredSelectMultiple
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from unfold.decorators import display

from catalog.models.entries import Entry
from common.admin.display import NOTHING, Label, amount
from common.admin.refusals import TellsRefusals
from common.moments import local_day
from shop.payments.plans.models import PaymentPlan
from shop.payments.plans.selectors import parts_of_plan
from shop.payments.plans.wording import parts_in_words

EXAMPLE = Decimal(1000)


@admin.register(PaymentPlan)
class PaymentPlanAdmin(TellsRefusals):
    """Orders keep the plan as it was when they were placed: a change concerns later orders alone."""

    list_display = ("example", "buyers", "release_rule", "total", "state")
    filter_horizontal = ("entries",)
    warn_unsaved_form = True
    fieldsets = (
        (
            gettext_lazy("Parts"),
            {
                "fields": (
                    *("deposit_percent", "deposit_days", "instalments"),
                    *("first_days", "first_on", "days_between"),
                )
            },
        ),
        (gettext_lazy("Delivery"), {"fields": ("release_rule",)}),
        (
            gettext_lazy("Offered"),
            {
                "fields": (
                    *("is_offered", "for_companies", "for_public_bodies", "for_persons"),
                    *("least_total", "entries"),
                )
            },
        ),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse: a plan is taken out of the offer."""
        return False

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "entries":
            kwargs["queryset"] = Entry.objects.order_by("code")
        field: Any = super().formfield_for_manytomany(db_field, request, **kwargs)
        if isinstance(field.widget, FilteredSelectMultiple):
            # The headings of both lists name what is chosen, not what the field says of it.
            field.widget.verbose_name = _("entries")
        return field

    @display(description=gettext_lazy("for example"))
    def example(self, plan: PaymentPlan) -> str:
        currency = settings.SHOP_CURRENCY
        parts = parts_of_plan(plan, EXAMPLE, currency, today=local_day(timezone.now()))
        return parts_in_words(parts, currency) if parts else NOTHING

    @display(description=gettext_lazy("for"))
    def buyers(self, plan: PaymentPlan) -> str:
        named = {
            _("companies"): plan.for_companies,
            _("public bodies"): plan.for_public_bodies,
            _("private persons"): plan.for_persons,
        }
        return ", ".join(name for name, is_for in named.items() if is_for)

    @display(description=gettext_lazy("from a total of"), ordering="least_total")
    def total(self, plan: PaymentPlan) -> str:
        return amount(plan.least_total, settings.SHOP_CURRENCY)

    @display(description=gettext_lazy("state"), ordering="is_offered")
    def state(self, plan: PaymentPlan) -> SafeString:
        return (
            Label(pgettext("plan of payment", "offered"), "success").html
            if plan.is_offered
            else Label(_("not offered")).html
        )

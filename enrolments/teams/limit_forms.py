"""Form by which an owner limits an operator to a part of the account."""

from __future__ import annotations

import re
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.members.models import CustomerAccount, Membership
from accounts.teams.models import Team
from enrolments.seats.batches.models import SeatBatch
from enrolments.seats.selectors import courses_used

ORDERS_AT_MOST = 100


class LimitsForm(forms.Form):
    """Teams, courses and numbers of orders; `seen` is the `version_of` the limits when the page was opened."""

    teams = forms.TypedMultipleChoiceField(
        label=_("Teams"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    courses = forms.TypedMultipleChoiceField(
        label=_("Courses"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    orders = forms.CharField(
        label=_("Orders"), required=False, max_length=4000, help_text=_("Their numbers, with blanks between them.")
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=4000)

    def __init__(self, *args: Any, account: CustomerAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._account = account
        for name, choices in (
            ("teams", [(team.pk, team.name) for team in Team.objects.filter(account=account)]),
            ("courses", [(course.pk, course.name) for course in courses_used(account)]),
        ):
            cast("forms.TypedMultipleChoiceField", self.fields[name]).choices = choices
            if not choices:
                del self.fields[name]

    def clean_orders(self) -> list[int]:
        """Return the keys of the orders named."""
        numbers = [number for number in re.split(r"[\s,;]+", self.cleaned_data["orders"]) if number]
        own = SeatBatch.objects.filter(account=self._account, order_number__in=numbers[: ORDERS_AT_MOST + 1])
        keys = dict(own.values_list("order_number", "order_id"))
        unknown = [number for number in numbers if number not in keys]
        if unknown:
            raise forms.ValidationError(
                _("Your account has no seats of the order %(number)s."), params={"number": unknown[0]}
            )
        return sorted(set(keys.values()))


def version_of(membership: Membership) -> str:
    """Return what a page shows of an operator's limits; its form posts it back, to notice a change in between."""
    limits = membership.limits or {}
    return ";".join(" ".join(map(str, limits.get(name, ()))) for name in ("teams", "orders", "courses"))


def order_numbers(account: CustomerAccount, membership: Membership) -> str:
    """Return the numbers of the orders that an operator is limited to, as they are typed. One statement."""
    orders = (membership.limits or {}).get("orders", ())
    own = SeatBatch.objects.filter(account=account, order_id__in=orders).order_by("order_number")
    return " ".join(dict.fromkeys(own.values_list("order_number", flat=True)))

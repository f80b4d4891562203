from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.members.models import MemberInvitation, Membership
from accounts.members.services import roles_of
from common.fields import AddressField

ROLE_CHOICES = [
    ("is_owner", _("Owner: may do everything, and decides who else may")),
    ("is_buyer", _("Buyer: buys, pays, sees their own orders")),
    ("is_operator", _("Operator: seats, sessions and people, no money")),
    ("is_accountant", _("Accountant: orders, invoices and payment, no people")),
]


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=ROLE_CHOICES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one role.")},
    )

    def __init__(self, *args: Any, holder: Membership | MemberInvitation | None = None, **kwargs: Any) -> None:
        if holder is not None:
            kwargs["initial"] = {"roles": sorted(roles_of(holder))}
        super().__init__(*args, **kwargs)


class InviteMemberForm(RolesForm):
    email = AddressField(help_text=_("This person gets a link by mail and is a member once it was followed."))
    field_order = ["email", "roles"]

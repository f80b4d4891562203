from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
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


class MemberForm(RolesForm):
    """Roles of a member. `shown` names the roles that the page showed: what changed meanwhile is refused."""

    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, holder: Membership, **kwargs: Any) -> None:
        super().__init__(*args, holder=holder, **kwargs)
        self.initial["shown"] = _joined(holder)

    def shown_roles(self) -> set[str]:
        return shown_roles(self.data)

    def shown_again(self, holder: Membership) -> MemberForm:
        """Return the form with what was typed, made from the roles as they are now."""
        posted = QueryDict(mutable=True)
        posted.setlist("roles", self.cleaned_data["roles"])
        posted["shown"] = _joined(holder)
        form = MemberForm(posted, holder=holder)
        form.full_clean()
        return form


def shown_roles(posted: Mapping[str, Any]) -> set[str]:
    """Return the roles that the posted page showed."""
    return set(str(posted.get("shown", "")).split())


def _joined(holder: Membership) -> str:
    return " ".join(sorted(roles_of(holder)))


class InviteMemberForm(RolesForm):
    email = AddressField(help_text=_("This person gets a link by mail and is a member once it was followed."))
    field_order = ["email", "roles"]

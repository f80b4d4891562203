from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.members.history.models import MemberEvent
from accounts.members.models import CustomerAccount
from accounts.members.selectors import members_of


class HistoryFilterForm(forms.Form):
    """Choice of a member, present or former. A member is named by a key of the account's own, never by the person's."""

    who = forms.ChoiceField(label=_("Member"), required=False)

    def __init__(self, *args: Any, account: CustomerAccount, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members = list(members_of(account))
        self._users: dict[str, int] = {str(each.pk): each.user_id for each in members}
        choices = [("", _("Everybody")), *((str(each.pk), each.user.get_full_name()) for each in members)]
        gone = MemberEvent.objects.filter(
            account=account, kind__in=[MemberEvent.Kind.LEFT, MemberEvent.Kind.REMOVED]
        ).exclude(person__in=[each.user_id for each in members])
        for event in gone.order_by("person_id", "pk").distinct("person_id").select_related("person"):
            if event.person is not None:
                self._users[f"x{event.pk}"] = event.person.pk
                choices.append((f"x{event.pk}", _("%(name)s (former member)") % {"name": event.person.get_full_name()}))
        cast("forms.ChoiceField", self.fields["who"]).choices = choices

    def chosen_user_id(self) -> int | None:
        return self._users.get(self.cleaned_data["who"])

"""Customer accounts in the admin, with their members; delegations to look at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.forms import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminEmailInputWidget

from accounts.members.admin_parts import ADMIN_PARTS
from accounts.members.forms.details import NUMBERS
from accounts.members.history.models import MemberEvent
from accounts.members.history.services import note
from accounts.members.lost_rights import end_what_rights_gave, lock_what_rights_gave
from accounts.members.models import CustomerAccount, MemberInvitation, Membership
from accounts.members.rights import RIGHTS_BY_ROLE, Right, rights_of
from accounts.members.services import LastOwner, lock_account, roles_of
from accounts.people.delegation.models import Delegation
from common.admin.autocomplete import CheckedAutocomplete
from common.admin.filters import DayRangeFilter
from common.admin.pages import TabularRows
from common.admin.readonly import ReadOnlyAdmin
from common.admin.refusals import TellsRefusals
from common.fields import AddressField
from common.made_from import MadeFrom
from common.made_from_rows import MadeFromRows
from common.postal import PARTS


class CustomerAccountForm(MadeFrom, forms.ModelForm):
    locks_its_row = False  # the members' formset takes other locks first

    class Meta:
        model = CustomerAccount
        fields = ("kind", "is_public_body", *PARTS, "register_number", "vat_id", "service_code", "payer_email")
        field_classes = {"payer_email": AddressField}
        widgets = {"payer_email": UnfoldAdminEmailInputWidget}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name, normalise in NUMBERS.items():
            try:
                cleaned[name] = normalise(cleaned.get(name) or "", country=str(cleaned.get("country") or ""))
            except ValidationError as invalid:
                self.add_error(name, invalid)
        return cleaned


class MembersFormSet(MadeFromRows, BaseInlineFormSet):
    """Members of one account, checked under the account's lock, which the page's own transaction keeps until the rows
    are written.

    Losing a right here ends what the right gave, like on the customer's own pages.
    """

    locks_rows = False

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        """Show each member's name without a look-up of its own."""
        super().add_fields(form, index)
        if form.instance.pk is not None:
            form.fields["user"].widget.widget.loaded = form.instance.user

    def clean(self) -> None:
        super().clean()
        if any(self.errors) or self.instance.pk is None:
            return
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data and form not in self.deleted_forms]
        for right, before in self._holders().items():
            roles = [role for role, rights in RIGHTS_BY_ROLE.items() if right in rights]
            after = {member["user"].pk for member in kept if any(member.get(role) for role in roles)}
            lock_what_rights_gave(account=self.instance, user_ids=before - after, rights=[right])
        lock_account(self.instance.pk)
        self.refuse_changed_rows()
        owned_before = Membership.objects.filter(account=self.instance, is_owner=True, user__is_active=True).exists()
        if owned_before and not any(member.get("is_owner") and member["user"].is_active for member in kept):
            raise ValidationError(str(LastOwner.message), code=LastOwner.code)

    def save(self, commit: bool = True) -> list[Membership]:
        before, roles = self._holders(), self._roles()
        saved: list[Membership] = super().save(commit=commit)
        self._note_changes(roles, self._roles())
        after = self._holders()
        for right in Right:
            lost = before[right] - after[right]
            end_what_rights_gave(account=self.instance, user_ids=lost, rights=[right], now=timezone.now())
        return saved

    def _roles(self) -> dict[int, set[str]]:
        return {each.user_id: roles_of(each) for each in Membership.objects.filter(account_id=self.instance.pk)}

    def _note_changes(self, before: dict[int, set[str]], after: dict[int, set[str]]) -> None:
        """Write what the shop changed into the account's history, which tells members nothing of who it was."""
        for user_id in sorted(before.keys() | after.keys()):
            old, new = before.get(user_id), after.get(user_id)
            if old == new:
                continue
            kind = MemberEvent.Kind.JOINED if old is None else MemberEvent.Kind.ROLES
            note(
                MemberEvent.Kind.REMOVED if new is None else kind,
                account_id=self.instance.pk, actor=None, now=timezone.now(), person_id=user_id, roles=new, before=old,
            )  # fmt: skip

    def _holders(self) -> dict[Right, set[int]]:
        """Return, by right, the users whose stored memberships grant it."""
        members = list(Membership.objects.filter(account_id=self.instance.pk))
        return {right: {each.user_id for each in members if right in rights_of(each)} for right in Right}


class MembershipInline(CheckedAutocomplete, TabularRows):
    model = Membership
    formset = MembersFormSet
    fields = ("user", "is_owner", "is_buyer", "is_operator", "is_accountant")
    autocomplete_fields = ("user",)
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user", "account")

    def has_add_permission(self, request: HttpRequest, obj: CustomerAccount | None = None) -> bool:
        """Refuse for an unclaimed account: its first member joins by the link mailed to the address, never by hand."""
        is_claimed = obj is None or obj.memberships.exists()
        return is_claimed and super().has_add_permission(request, obj)


class MemberInvitationInline(TabularRows):
    model = MemberInvitation
    fields = readonly_fields = ("email", "is_owner", "is_buyer", "is_operator", "is_accountant", "created_at")
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[MemberInvitation]:
        return super().get_queryset(request).select_related("account")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ClaimFilter(DropdownFilter):
    """Accounts with a member, and unclaimed ones: those of visitors' orders."""

    title = _("state")
    parameter_name = "claim"
    CLAIMED, UNCLAIMED = "claimed", "unclaimed"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [
            (self.CLAIMED, pgettext_lazy("customer account", "claimed")),
            (self.UNCLAIMED, pgettext_lazy("customer account", "not claimed yet")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CustomerAccount]) -> QuerySet[CustomerAccount]:
        members = Exists(Membership.objects.filter(account=OuterRef("pk")))
        match self.value():
            case self.CLAIMED:
                return queryset.filter(members)
            case self.UNCLAIMED:
                return queryset.filter(~members)
        return queryset


@admin.register(CustomerAccount)
class CustomerAccountAdmin(TellsRefusals):
    form = CustomerAccountForm
    list_display = ("name_label", "kind", "city", "country", "claim_state", "member_count", "created_at")
    list_filter = (
        ClaimFilter,
        ("kind", ChoicesDropdownFilter),
        ("country", ChoicesDropdownFilter),
        ("created_at", DayRangeFilter),
    )
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("search_text", "memberships__user__search_text")
    search_help_text = _("Name, city, VAT number, or the address of a member or payer")
    ordering = ("sort_name", "pk")
    inlines = (MembershipInline, MemberInvitationInline)
    list_per_page = 50
    change_form_outer_before_template = "members/admin/account_links.html"
    change_form_outer_after_template = "members/admin/account_parts.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomerAccount]:
        accounts = super().get_queryset(request).filter(closed_at__isnull=True)
        return accounts.annotate(member_total=Count("memberships", distinct=True))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **options: Any
    ) -> Any:
        context["parts"] = [mark_safe(part(request, obj)) for part in ADMIN_PARTS] if obj is not None else []  # noqa: S308  drawn by templates
        return super().render_change_form(request, context, *args, obj=obj, **options)

    def has_delete_permission(self, request: HttpRequest, obj: CustomerAccount | None = None) -> bool:
        """Refuse: orders and seats belong to the account."""
        return False

    def save_model(self, request: HttpRequest, obj: CustomerAccount, form: CustomerAccountForm, change: bool) -> None:
        if change:
            form.refuse_changed()
        super().save_model(request, obj, form, change)

    @display(description=_("name"), ordering="sort_name")
    def name_label(self, account: CustomerAccount) -> str:
        return str(account)

    @display(description=_("state"), label={True: "success", False: "warning"})
    def claim_state(self, account: CustomerAccount) -> tuple[bool, Any]:
        if self.member_count(account):
            return True, pgettext_lazy("customer account", "claimed")
        return False, pgettext_lazy("customer account", "not claimed yet")

    @display(description=_("members"), ordering="member_total")
    def member_count(self, account: CustomerAccount) -> int:
        return getattr(account, "member_total", 0)


@admin.register(Delegation)
class DelegationAdmin(ReadOnlyAdmin):
    list_display = ("email", "full_name", "account", "operator_name", "created_at")
    list_filter = (("created_at", DayRangeFilter),)
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("search_text", "account__search_text", "operator__search_text")
    whole_fields = ("email", "operator__email")
    search_help_text = _("Person, account or operator")
    list_select_related = ("account", "operator")
    ordering = ("account__sort_name", "sort_name", "pk")
    fields = readonly_fields = ("account", "operator", "person", "email", "first_name", "last_name", "created_at")

    @display(description=_("name"), ordering=("last_name", "first_name"))
    def full_name(self, delegation: Delegation) -> str:
        return f"{delegation.first_name} {delegation.last_name}".strip()

    @display(description=_("operator"), ordering="operator")
    def operator_name(self, delegation: Delegation) -> str:
        return delegation.operator.get_full_name() if delegation.operator else "–"

"""People in the admin: by address, with the state of its proof and the accounts they work for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, DropdownFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminEmailInputWidget

from accounts.members.models import Membership
from accounts.people.changes import PersonChange, tell_changed
from accounts.people.closing import (
    end_what_closing_ends,
    lock_what_closing_ends,
    refuse_to_close_an_only_owner,
)
from accounts.people.models import User
from accounts.people.permissions import ReadablePermissions
from accounts.people.services import invite_people
from accounts.sign_in.second_factor.services import remove_second_factor
from common.admin.display import NOTHING, link
from common.admin.filters import DayRangeFilter
from common.admin.pages import TabularRows
from common.admin.refusals import TellsRefusals
from common.fields import AddressField
from common.refusals import Refused

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

MEMBERS_SHOWN = 100
RIGHTS = ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")


class UserForm(forms.ModelForm):
    """Form of a person. The address is typed once, when a person is added; later only its owner changes and proves
    it."""

    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007  the admin's fieldsets choose
        field_classes = {"email": AddressField}
        widgets = {"email": UnfoldAdminEmailInputWidget}

    def clean_is_active(self) -> bool:
        """Check under the accounts' locks, which the page's own transaction keeps until the row is written."""
        is_active: bool = self.cleaned_data["is_active"]
        if self.instance.pk is not None and self.initial.get("is_active") and not is_active:
            lock_what_closing_ends(self.instance)
            try:
                refuse_to_close_an_only_owner(self.instance)
            except Refused as refused:
                raise forms.ValidationError(str(refused), code=refused.code) from refused
        return is_active


class MembershipOfUserInline(TabularRows):
    model = Membership
    fields = readonly_fields = ("account", "is_owner", "is_buyer", "is_operator", "is_accountant", "created_at")
    extra = 0
    verbose_name_plural = _("Works for")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Proof(TypedDict):
    """Columns that `UserAdmin.get_queryset` adds to the rows of the list."""

    is_proved: bool


class ProofFilter(DropdownFilter):
    """Filter by proof of the address."""

    title = _("address")
    parameter_name = "proof"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, Any]]:
        return [
            ("proved", pgettext_lazy("e-mail address", "proved")),
            ("open", pgettext_lazy("e-mail address", "not proved")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[WithAnnotations[User, Proof]]
    ) -> QuerySet[WithAnnotations[User, Proof]]:
        match self.value():
            case "proved":
                return queryset.filter(is_proved=True)
            case "open":
                return queryset.filter(is_proved=False)
        return queryset


@admin.register(User)
class UserAdmin(ReadablePermissions, TellsRefusals):
    form = UserForm
    list_display = ("email", "full_name", "proof", "accounts", "standing", "second_factor_label", "last_login")
    list_filter = (
        ProofFilter,
        ("is_staff", BooleanRadioFilter),
        ("is_active", BooleanRadioFilter),
        ("date_joined", DayRangeFilter),
    )
    list_filter_submit = True
    list_fullwidth = True
    search_fields = ("search_text",)
    search_help_text = _("Address or name")
    ordering = ("email",)
    actions = ("send_invitations", "take_second_factor_away")
    list_per_page = 50
    fieldsets = (
        (None, {"fields": ("email", "first_name", "last_name", "language")}),
        (_("Sign-in"), {"fields": ("proof_text", "has_password", "second_factor", "last_login", "date_joined")}),
        (_("Origin"), {"fields": ("created_by_account",)}),
        (_("Administration"), {"fields": RIGHTS, "classes": ["tab"]}),
    )
    add_fieldsets = ((None, {"fields": ("email", "first_name", "last_name", "language")}),)
    readonly_fields = (
        "proof_text", "has_password", "second_factor", "last_login", "date_joined", "created_by_account",
    )  # fmt: skip

    # --- What is shown -----------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        proved = EmailAddress.objects.filter(user_id=OuterRef("pk"), email=OuterRef("email"), verified=True)
        second = Authenticator.objects.filter(user_id=OuterRef("pk"), type=Authenticator.Type.TOTP)
        return (
            super()
            .get_queryset(request)
            .annotate(is_proved=Exists(proved), has_second_factor=Exists(second))
            .prefetch_related("memberships__account")
        )

    @display(description=_("name"), ordering=("last_name", "first_name"))
    def full_name(self, user: User) -> str:
        return f"{user.first_name} {user.last_name}".strip()

    @display(description=_("address"), label={True: "success", False: "warning"})
    def proof(self, user: User) -> tuple[bool, Any]:
        proved = bool(getattr(user, "is_proved", False))
        if proved:
            return True, pgettext_lazy("e-mail address", "proved")
        return False, pgettext_lazy("e-mail address", "not proved")

    @display(description=_("address"))
    def proof_text(self, user: User) -> str:
        """Return the proof as plain text for the person's own page, which draws no coloured labels."""
        return str(self.proof(user)[1])

    @display(description=_("second factor"), boolean=True)
    def second_factor(self, user: User) -> bool:
        return bool(getattr(user, "has_second_factor", False))

    @display(description=_("second factor"), label={"on": "success", "": "default"})
    def second_factor_label(self, user: User) -> tuple[str, Any]:
        return ("on", pgettext_lazy("second factor", "set up")) if self.second_factor(user) else ("", "")

    @display(description=_("password"), boolean=True)
    def has_password(self, user: User) -> bool:
        return user.has_usable_password()

    @display(description=_("works for"))
    def accounts(self, user: User) -> str:
        return ", ".join(str(membership.account) for membership in user.memberships.all())

    @display(
        description=pgettext_lazy("of a person", "standing"),
        ordering="is_staff",
        label={"closed": "danger", "merchant": "primary", "staff": "info", "": "default"},
    )
    def standing(self, user: User) -> tuple[str, Any]:
        """Tell whether the person is staff, holds every right, or is closed; nothing for customers and learners."""
        if not user.is_active:
            return "closed", pgettext_lazy("of a person", "closed")
        if user.is_superuser:
            return "merchant", pgettext_lazy("of a person", "every right")
        return ("staff", pgettext_lazy("of a person", "staff")) if user.is_staff else ("", "")

    # --- What may be changed -----------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        return self.fieldsets if obj else self.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        fields = list(super().get_readonly_fields(request, obj))
        if obj is not None:
            fields.append("email")
        if not request.user.is_superuser:
            # Staff who edit people must not be able to give themselves further rights.
            fields += RIGHTS
        return fields

    def get_inlines(self, request: HttpRequest, obj: User | None = None) -> list[type[TabularRows]]:
        return [MembershipOfUserInline] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or request.user.is_superuser or not obj.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse: orders and seats refer to people, who are closed, not deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            actor_id = request.user.pk
            if "is_active" in form.changed_data and not obj.is_active:
                end_what_closing_ends(obj, timezone.now())
            if "email" in form.changed_data:
                tell_changed(PersonChange.REPLACED, [obj.pk], actor_id=actor_id)
            if {"first_name", "last_name"} & set(form.changed_data):
                tell_changed(PersonChange.RENAMED, [obj.pk], actor_id=actor_id)
        else:
            obj.set_unusable_password()
            User.objects.add(obj)

    # --- Actions -----------------------------------------------------------------------------------------------------

    @action(description=_("Send an invitation to those whose address is not proved"), permissions=["change"])
    def send_invitations(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        now = timezone.now()
        count = invite_people(
            users=list(queryset), account=None, reason_key=f"admin:{now:%Y%m%d%H%M}", language=get_language() or "",
            now=now, is_enrolled=False,
        )  # fmt: skip
        text = ngettext("%(count)s invitation is on its way.", "%(count)s invitations are on their way.", count)
        messages.success(request, text % {"count": count})

    @action(description=_("Take a lost second factor away"), permissions=["take_second_factor_away"])
    def take_second_factor_away(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        count = sum(remove_second_factor(user=user, now=timezone.now()) for user in queryset)
        text = ngettext(
            "%(count)s person now signs in without a second factor, and was told.",
            "%(count)s people now sign in without a second factor, and were told.",
            count,
        )
        messages.success(request, text % {"count": count})

    def has_take_second_factor_away_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ReadablePermissions, TellsRefusals):
    list_display = ("name", "people", "rights")
    search_fields = ("name",)
    search_help_text = _("Name")
    ordering = ("name",)
    readonly_fields = ("members",)

    def get_fields(self, request: HttpRequest, obj: Group | None = None) -> list[str]:
        return ["name", "members", "permissions"] if obj else ["name", "permissions"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        counts = {"people": Count("user", distinct=True), "rights": Count("permissions", distinct=True)}
        return super().get_queryset(request).annotate(**counts)

    @display(description=_("people"), ordering="people")
    def people(self, group: Group) -> int:
        return getattr(group, "people", 0)

    @display(description=_("rights"), ordering="rights")
    def rights(self, group: Group) -> int:
        return getattr(group, "rights", 0)

    @display(description=_("members"))
    def members(self, group: Group) -> SafeString | str:
        """Link to the people of the group, by address; the first ones of a large group."""
        people = User.objects.filter(groups=group).order_by("email")
        shown = list(people[:MEMBERS_SHOWN])
        links = [(link("accounts_user", person.pk, person.get_full_name() or person.email),) for person in shown]
        more = people.count() - len(shown) if len(shown) == MEMBERS_SHOWN else 0
        if more:
            links.append((ngettext("and %(n)s more", "and %(n)s more", more) % {"n": more},))
        return format_html_join(", ", "{}", links) or NOTHING

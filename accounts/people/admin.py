"""People in the admin: by address, with the state of its proof and the accounts they work for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group, Permission
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
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
from accounts.people.selectors import FACTOR_TYPES
from accounts.people.services import invite_people
from accounts.security_log.kinds import Kind
from accounts.security_log.services import record
from accounts.sign_in.second_factor.services import remove_second_factor
from accounts.staff.acts import give_rights_or_ask
from accounts.staff.choices import GroupsField, groups_to_give
from accounts.staff.rights import GIVE, TAKE_FACTOR, Wanted, outranks, refuse_outranked
from common.admin.filters import DayRangeFilter
from common.admin.pages import TabularRows
from common.admin.refusals import TellsRefusals
from common.fields import AddressField
from common.numbers import whole_number
from common.refusals import Refused

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

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

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user", "account")

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
    whole_fields = ("email",)
    search_help_text = _("Address or name")
    ordering = ("email",)
    actions = ("send_invitations", "take_second_factor_away")
    list_per_page = 50
    change_form_outer_after_template = "privacy/admin/note.html"
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
        second = Authenticator.objects.filter(user_id=OuterRef("pk"), type__in=FACTOR_TYPES)
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

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **options: Any
    ) -> Any:
        is_customer = obj is not None and not (obj.is_erased or obj.is_staff or obj.is_superuser)
        context["may_note_erasure"] = is_customer and request.user.has_perm("accounts.erase_people")
        return super().render_change_form(request, context, *args, obj=obj, **options)

    # --- What may be changed -----------------------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Return the page's parts. Single permissions are shown to be taken away, where somebody has any."""
        if obj is None:
            return self.add_fieldsets
        if obj.user_permissions.exists():
            return self.fieldsets
        without = tuple(name for name in RIGHTS if name != "user_permissions")
        return (*self.fieldsets[:-1], (self.fieldsets[-1][0], {**self.fieldsets[-1][1], "fields": without}))

    def permissions_offered(self, request: HttpRequest) -> QuerySet[Permission]:
        return Permission.objects.filter(user=_person_shown(request))

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.related_model is not Group:
            return super().formfield_for_manytomany(db_field, request, **kwargs)
        groups = groups_to_give(giver=cast(User, request.user), held_by=_person_shown(request))
        return db_field.formfield(form_class=GroupsField, queryset=groups, help_text="", label=_("Roles and groups"))

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        fields = list(super().get_readonly_fields(request, obj))
        if obj is not None:
            fields.append("email")
        if not request.user.has_perm(GIVE):
            # Staff who edit people must not be able to give themselves further rights.
            fields += RIGHTS
        elif not request.user.is_superuser:
            fields.append("is_superuser")
        return fields

    def get_inlines(self, request: HttpRequest, obj: User | None = None) -> list[type[TabularRows]]:
        return [MembershipOfUserInline] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not (obj.is_erased or self._outranks(request, obj)))

    def _outranks(self, request: HttpRequest, obj: User) -> bool:
        """Tell whether the person has more rights than the reader; asked of the database once a request."""
        if request.user.is_superuser or not (obj.is_staff or obj.is_superuser):
            return False
        known: dict[int, bool] = request.__dict__.setdefault("people_with_more_rights", {})
        if obj.pk not in known:
            known[obj.pk] = outranks(actor_id=cast(int, request.user.pk), user_id=obj.pk)
        return known[obj.pk]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Refuse: orders and seats refer to people, who are closed, not deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if change:
            actor_id, now = cast(int, request.user.pk), timezone.now()
            wanted = _rights_wanted(obj, form)
            refuse_outranked(actor_id=actor_id, user_id=obj.pk, now=now)
            super().save_model(request, obj, form, change)
            if wanted is not None and give_rights_or_ask(
                user_id=obj.pk, wanted=wanted, actor=cast(User, request.user), now=now
            ):
                messages.warning(
                    request, _("The rights wait for a second person, who finds them under “Second person”.")
                )
            if "is_active" in form.changed_data:
                kind = Kind.PERSON_OPENED if obj.is_active else Kind.PERSON_CLOSED
                record(kind, now=now, request=request, user_id=obj.pk, actor_id=actor_id)
                if not obj.is_active:
                    end_what_closing_ends(obj, now)
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
        actor_id, now = cast(int, request.user.pk), timezone.now()
        for user in queryset:
            refuse_outranked(actor_id=actor_id, user_id=user.pk, now=now)
        count = sum(remove_second_factor(user=user, now=now, request=request) for user in queryset)
        text = ngettext(
            "%(count)s person now signs in without a second factor, and was told.",
            "%(count)s people now sign in without a second factor, and were told.",
            count,
        )
        messages.success(request, text % {"count": count})

    def has_take_second_factor_away_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(TAKE_FACTOR)


def _person_shown(request: HttpRequest) -> int | None:
    """Return the key of the person whose page is asked for; None on others."""
    match = request.resolver_match
    return whole_number(match.kwargs.get("object_id", "")) if match is not None else None


def _rights_wanted(user: User, form: Any) -> Wanted | None:
    """Return the rights that a valid form asks for, None if it asks for no others; leave them out of what it writes."""
    stored = User.objects.get(pk=user.pk)
    typed = {name: form.cleaned_data.pop(name) for name in RIGHTS if name != "is_active" and name in form.cleaned_data}
    user.is_staff, user.is_superuser = stored.is_staff, stored.is_superuser
    had = Wanted.of(stored)
    wanted = Wanted(
        is_staff=typed.get("is_staff", had.is_staff),
        is_superuser=typed.get("is_superuser", had.is_superuser),
        groups=frozenset(row.pk for row in typed["groups"]) if "groups" in typed else had.groups,
        permissions=frozenset(row.pk for row in typed["user_permissions"])
        if "user_permissions" in typed
        else had.permissions,
    )
    return wanted if wanted != had else None

"""Groups of rights in the admin: ready-made roles, which are only read, and the merchant's own."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from accounts.people.models import User
from accounts.people.permissions import ReadablePermissions, grouped
from accounts.security_log.kinds import Kind
from accounts.security_log.services import record
from accounts.staff.choices import group_in_words, role_of
from accounts.staff.rights import refuse_group
from accounts.staff.roles import among, offered
from common.admin.display import NOTHING, link
from common.admin.refusals import TellsRefusals

MEMBERS_SHOWN = 100

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(ReadablePermissions, TellsRefusals):
    list_display = ("label", "people", "rights")
    list_select_related = ("staff_role",)
    search_fields = ("name",)
    search_help_text = _("Name")
    ordering = ("staff_role__pk", "name")
    readonly_fields = ("members", "sentence", "allowed")

    def get_fields(self, request: HttpRequest, obj: Group | None = None) -> list[str]:
        if obj is None:
            return ["name", "permissions"]
        return ["sentence", "members", "allowed"] if is_role(obj) else ["name", "members", "permissions"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        counts = {"people": Count("user", distinct=True), "rights": Count("permissions", distinct=True)}
        return super().get_queryset(request).select_related("staff_role").annotate(**counts)

    def permissions_offered(self, request: HttpRequest) -> QuerySet[Permission]:
        """Return what a page or a button asks for and the reader has, and what the group has."""
        held = offered() if request.user.is_superuser else offered() & request.user.get_all_permissions()
        match = request.resolver_match
        object_id = str(match.kwargs.get("object_id", "")) if match is not None else ""
        of_group = Q(group=int(object_id)) if object_id.isdecimal() and len(object_id) < 10 else Q(pk=None)
        return Permission.objects.filter(among(held) | of_group).distinct()

    # --- What may be changed: never a ready-made role, and nothing beyond one's own rights ---

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj is not None and is_role(obj))

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj is not None and is_role(obj))

    def save_model(self, request: HttpRequest, obj: Group, form: Any, change: bool) -> None:
        permissions = [each.pk for each in form.cleaned_data["permissions"]]
        refuse_group(group=obj, permissions=permissions, actor_id=cast(int, request.user.pk), now=timezone.now())
        super().save_model(request, obj, form, change)
        self._record(request, obj, permissions=sorted(permissions))

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        self.delete_queryset(request, Group.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        for group in queryset:
            refuse_group(group=group, permissions=None, actor_id=cast(int, request.user.pk), now=timezone.now())
            self._record(request, group, permissions=[])
        super().delete_queryset(request, queryset)

    def _record(self, request: HttpRequest, group: Group, *, permissions: list[int]) -> None:
        details: dict[str, int | list[int]] = {"group": group.pk, "permissions": permissions}
        record(Kind.ROLE_CHANGED, now=timezone.now(), request=request, actor_id=request.user.pk, details=details)

    # --- What is shown ---

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        """Draw the page titled by a role's label in the reader's language."""
        group = context.get("original")
        titled = {"original": InWords(lambda: group), "subtitle": group_in_words(group)} if group is not None else {}
        return super().render_change_form(request, {**context, **titled}, *args, **options)

    @display(description=_("name"), ordering="name")
    def label(self, group: Group) -> str:
        return group_in_words(group)

    @display(description=_("people"), ordering="people")
    def people(self, group: Group) -> int:
        return getattr(group, "people", 0)

    @display(description=_("rights"), ordering="rights")
    def rights(self, group: Group) -> int:
        return getattr(group, "rights", 0)

    @display(description=_("ready-made role"))
    def sentence(self, group: Group) -> str:
        role = role_of(group)
        return str(role.sentence) if role else NOTHING

    @display(description=_("rights"))
    def allowed(self, group: Group) -> SafeString | str:
        """List the rights of a role in words, a line for each thing."""
        rows = grouped(group.permissions.select_related("content_type"))
        lines = ((thing, ", ".join(words for _key, words in rights)) for thing, rights in rows)
        return format_html_join("", "<div><strong>{}</strong>: {}</div>", lines) or NOTHING

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


class InWords(SimpleLazyObject):
    """Group whose title is that of a ready-made role, in the reader's language."""

    def __str__(self) -> str:
        return group_in_words(cast(Group, self))


def is_role(group: Group) -> bool:
    return hasattr(group, "staff_role")

"""The admin's sidebar, in the order of a merchant's day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import get_script_prefix, reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Group:
    """A part of the sidebar: models (``app.Model``) with their icons."""

    title: str | Promise
    models: dict[str, str]


GROUPS = (
    Group(
        _("Shop"),
        {
            "shop.Order": "receipt_long",
            "shop.PhoneOrder": "call",
            "shop.Payment": "payments",
            "shop.PaymentEvent": "notifications",
            "shop.PaymentAttempt": "hourglass_top",
            "shop.DuePart": "event_busy",
            "shop.Refund": "undo",
            "shop.SecondChargeRule": "control_point_duplicate",
            "shop.BankStatement": "upload_file",
            "shop.StatementLine": "format_list_bulleted",
            "documents.Document": "description",
            "shop.MissingPaper": "scan_delete",
            "shop.DocumentSending": "outbox",
            "billing.LedgerEntry": "account_balance",
            "billing.Closure": "lock_clock",
            "billing.ChartAccount": "tag",
            "shop.BookExport": "table_view",
        },
    ),
    Group(
        _("Catalogue"),
        {
            "catalog.Entry": "sell",
            "catalog.Category": "account_tree",
            "catalog.Tax": "percent",
        },
    ),
    Group(
        _("Training"),
        {
            "enrolments.Course": "school",
            "enrolments.SeatBatch": "inventory_2",
            "enrolments.Seat": "event_seat",
            "enrolments.PeopleList": "playlist_add_check",
            "enrolments.JoinLink": "qr_code",
            "enrolments.WaitingPlace": "hourglass_top",
            "enrolments.CourseGroup": "groups",
            "enrolments.Enrolment": "how_to_reg",
            "enrolments.Role": "badge",
        },
    ),
    Group(
        _("People"),
        {
            "accounts.CustomerAccount": "domain",
            "accounts.User": "person",
            "accounts.Membership": "group",
            "accounts.Delegation": "handshake",
            "accounts.AddressLink": "link",
            "auth.Group": "shield_person",
            "accounts.Approval": "verified_user",
            "accounts.ErasureRequest": "person_off",
        },
    ),
    Group(
        _("System"),
        {
            "shop.ShopIdentity": "storefront",
            "documents.NumberFormats": "pin",
            "shop.LegalText": "gavel",
            "shop.ProviderSettings": "credit_card_gear",
            "shop.PlatformSettings": "hub",
            "shop.PaymentPlan": "event_repeat",
            "accounts.SecurityEvent": "policy",
            "outbox.Mail": "mail",
            "outbox.Job": "manufacturing",
            "handlers.BrokenHook": "extension_off",
        },
    ),
)
OTHER_ICON = "database"


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups with the pages that the reader may see; models that no group names stand under System."""
    pages = {
        model._meta.label: model_admin
        for model, model_admin in admin.site._registry.items()
        if model_admin.has_view_or_change_permission(request)
    }
    named = {label for group in GROUPS for label in group.models}
    others = {label: OTHER_ICON for label in sorted(pages) if label not in named}
    groups: list[dict[str, Any]] = [
        {"title": "", "items": [_item(_("Overview"), "space_dashboard", reverse("admin:index"))]}
    ]
    for group in GROUPS:
        models = group.models | (others if group is GROUPS[-1] else {})
        items = [
            _item(
                capfirst(apps.get_model(label)._meta.verbose_name_plural),
                icon,
                _address_of_list(label, get_script_prefix()),
            )
            for label, icon in models.items()
            if label in pages
        ]
        if items:
            groups.append({"title": group.title, "separator": True, "items": items})
    return groups


@cache
def _address_of_list(label: str, _site_below: str) -> str:
    return reverse(f"admin:{label.lower().replace('.', '_')}_changelist")


def stylesheet(request: HttpRequest) -> str:
    return static("css/admin.css")


def script(request: HttpRequest) -> str:
    return static("js/admin.js")


def logo(request: HttpRequest) -> str:
    return static("img/amphi.svg")


def _item(title: str | Promise, icon: str, link: str) -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": link}

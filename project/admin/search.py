"""Search of the administration, in its sidebar and in the palette that Ctrl+K opens: pages by their name, and rows that
the reader may see.

It stands in place of unfold's own, which finds names of pages alone and answers a page number too large with an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.apps import apps
from django.contrib import admin
from django.contrib.admin import ModelAdmin
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from common.search import normalise
from project.admin.navigation import sidebar

# In this order.
FOUND = (
    "shop.Order",
    "shop.PhoneOrder",
    "accounts.CustomerAccount",
    "accounts.User",
    "catalog.Entry",
    "enrolments.Course",
    "shop.Payment",
    "shop.PaymentEvent",
    "documents.Document",
    "outbox.Mail",
)
ROWS_OF_A_KIND = 5
PER_PAGE = 100
LONGEST = 100


def search(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """List the pages and rows that hold every word typed; nothing for nothing typed. One query for each kind of row,
    besides those that name a row."""
    typed = request.GET.get("s", "").replace("\0", "")[:LONGEST]
    if not normalise(typed):
        return HttpResponse()
    paginator = Paginator([*_pages(request, typed), *_rows(request, typed)], PER_PAGE)
    try:
        page = paginator.page(request.GET.get("page", 1))
    except InvalidPage as error:
        raise Http404 from error
    kind = "command" if "extended" in request.GET else "search"
    return TemplateResponse(request, f"unfold/helpers/{kind}_results.html", {"page_obj": paginator, "results": page})


def _pages(request: HttpRequest, typed: str) -> Iterator[SearchResult]:
    words = normalise(typed).split()
    for group in sidebar(request):
        for item in group["items"]:
            title = str(item["title"])
            if all(word in normalise(title) for word in words):
                yield SearchResult(title, str(group["title"] or _("Page")), str(item["link"]), item["icon"])


def _rows(request: HttpRequest, typed: str) -> Iterator[SearchResult]:
    for label in FOUND:
        model = apps.get_model(label)
        model_admin: ModelAdmin = admin.site.get_model_admin(model)
        if not model_admin.has_view_or_change_permission(request):
            continue
        found, _has_doubles = model_admin.get_search_results(request, model_admin.get_queryset(request), typed)
        rows = found.order_by("-pk")
        if isinstance(model_admin.list_select_related, list | tuple):
            rows = rows.select_related(*model_admin.list_select_related)
        name, kind = f"admin:{label.lower().replace('.', '_')}", capfirst(str(model._meta.verbose_name))
        first = list(rows[: ROWS_OF_A_KIND + 1])
        for row in first[:ROWS_OF_A_KIND]:
            yield SearchResult(_told(row), kind, reverse(f"{name}_change", args=[row.pk]), None)
        if len(first) > ROWS_OF_A_KIND:
            several = capfirst(str(model._meta.verbose_name_plural))
            yield SearchResult(_("More …"), several, f"{reverse(f'{name}_changelist')}?{urlencode({'q': typed})}", None)


def _told(row: Any) -> str:
    if row._meta.label == "shop.Order":
        return " · ".join(filter(None, (row.number, row.billing_name)))
    if row._meta.label == "outbox.Mail" and row.subject:
        return f"{row.subject} → {row.recipient}"
    return str(row)

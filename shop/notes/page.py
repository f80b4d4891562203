"""Notes as the pages of an order and of an account show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.members.models import CustomerAccount
from accounts.people.models import User
from common.refusals import Refused
from shop.notes.models import Note
from shop.notes.services import add_note, notes_of_account
from shop.orders.models import Order

# Keeps a refused note while the browser is led back to the page.
TYPED = "note refused"


@dataclass(frozen=True)
class Notes:
    """Notes with the address that takes a new one, "" for a reader who may write none, and a text refused just now."""

    notes: list[Note]
    url: str
    typed: str
    length: int = Note.TEXT_LENGTH


def notes_for(request: HttpRequest, notes: list[Note], url: str) -> Notes:
    may_write = request.user.has_perm("shop.add_note")
    return Notes(notes, url if may_write else "", request.session.pop(TYPED, "") if may_write else "")


def notes_on_account(request: HttpRequest, account: CustomerAccount) -> str:
    """Draw the notes on the page of a customer account, for readers of notes."""
    if not request.user.has_perm("shop.view_note"):
        return ""
    notes = notes_for(request, notes_of_account(account), reverse("admin:shop_account_note", args=[account.pk]))
    return render_to_string("notes/admin/notes.html", {"notes": notes}, request)


def note_urls() -> list[URLPattern]:
    wrap = admin.site.admin_view
    return [
        path("<int:order_id>/note/", wrap(note_on_order), name="shop_order_note"),
        path("accounts/<int:account_id>/note/", wrap(note_on_account), name="shop_account_note"),
    ]


def note_on_order(request: HttpRequest, order_id: int) -> HttpResponse:
    """Write a note on an order; POST only."""
    return _write(request, "shop.view_order", "admin:shop_order_change", order=(Order, order_id))


def note_on_account(request: HttpRequest, account_id: int) -> HttpResponse:
    """Write a note on a customer account; POST only."""
    page = "admin:accounts_customeraccount_change"
    return _write(request, "accounts.view_customeraccount", page, account=(CustomerAccount, account_id))


def _write(request: HttpRequest, permission: str, page: str, **about: tuple[Any, int]) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not request.user.has_perms([permission, "shop.add_note"]):
        raise PermissionDenied
    [(name, (model, pk))] = about.items()
    row = model.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    text = request.POST.get("text", "")
    try:
        add_note(text=text, author=cast(User, request.user), now=timezone.now(), **{name: row})
    except Refused as refusal:
        messages.error(request, str(refusal))
        request.session[TYPED] = text[: 2 * Note.TEXT_LENGTH]
    else:
        messages.success(request, _("The note is kept."))
    return redirect(f"{reverse(page, args=[pk])}#notes")

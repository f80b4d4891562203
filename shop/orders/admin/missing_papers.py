"""Button by which a merchant issues the papers that an order lacks, or says that the service they wait for is
rendered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.people.models import User
from common.refusals import Refused
from shop.orders.admin.actions import ORDER_PAGE
from shop.orders.models import Order
from shop.papers.admin import ISSUE, faults_in_words
from shop.papers.by_hand import issue_as_shown
from shop.papers.credit_notes.admin import CorrectingPages
from shop.papers.models import MissingPaper
from shop.papers.services import StillMissing


@dataclass(frozen=True)
class Lack:
    """Lack of papers of an order, in words; `made_from` is what its form posts. `waits_for_service` tells that
    nothing else is missing."""

    words: str
    made_from: str
    waits_for_service: bool


class MissingPaperPages(CorrectingPages):
    def action_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.issue_missing)
        return [path("<int:order_id>/missing-papers/", page, name="shop_order_missing_papers"), *super().action_urls()]

    def lack_of(self, request: HttpRequest, order: Order) -> Lack | None:
        """Return what an order read with its `missing_paper` lacks, None for one that lacks nothing, and for a reader
        who may not issue it. No query."""
        note: MissingPaper | None = getattr(order, "missing_paper", None)
        if note is None or not request.user.has_perm(ISSUE):
            return None
        return Lack(faults_in_words(note.faults), note.shown, note.waits_for_service)

    def issue_missing(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Issue what the page showed as lacking, or say what it still lacks."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        order = self.order_or_404(request, order_id)
        if not request.user.has_perm(ISSUE):
            raise PermissionDenied
        shown = request.POST.get("made_from", "")
        try:
            documents = issue_as_shown(
                order_id=order.pk, made_from=shown, actor=cast(User, request.user), now=timezone.now()
            )
        except StillMissing as refusal:
            messages.error(request, f"{refusal} {faults_in_words(refusal.faults)}")
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            numbers = ", ".join(document.number for document in documents)
            told = _("Issued: %(numbers)s.") if numbers else _("This order lacked nothing any more.")
            messages.success(request, told % {"numbers": numbers})
        return redirect(ORDER_PAGE, order.pk)

"""Button by which a merchant makes the pro-forma invoice of an order that waits for money."""

from __future__ import annotations

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
from shop.orders.admin.missing_papers import MissingPaperPages
from shop.orders.models import Order
from shop.papers.admin import ISSUE, faults_in_words
from shop.papers.pro_forma import make_pro_forma, may_have_pro_forma
from shop.papers.services import StillMissing


class ProFormaPages(MissingPaperPages):
    def action_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.make_pro_forma)
        return [path("<int:order_id>/pro-forma/", page, name="shop_order_pro_forma"), *super().action_urls()]

    def may_make_pro_forma(self, request: HttpRequest, order: Order) -> bool:
        return request.user.has_perm(ISSUE) and may_have_pro_forma(order)

    def make_pro_forma(self, request: HttpRequest, order_id: int) -> HttpResponse:
        """Make the pro-forma invoice, or say what it lacks."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        order = self.order_or_404(request, order_id)
        if not request.user.has_perm(ISSUE):
            raise PermissionDenied
        try:
            documents = make_pro_forma(order_id=order.pk, actor=cast(User, request.user), now=timezone.now())
        except StillMissing as refusal:
            messages.error(request, f"{refusal} {faults_in_words(refusal.faults)}")
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            numbers = ", ".join(document.number for document in documents)
            messages.success(request, _("The pro-forma invoice %(number)s is made.") % {"number": numbers})
        return redirect(ORDER_PAGE, order.pk)

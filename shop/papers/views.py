"""Papers for customers: those of an account, and the files of those of an order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.members.current import AccountRequest, account_page
from accounts.members.rights import Right
from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften, count_attempt
from documents.issued.answers import file_answer
from documents.issued.files import FileLost, NotMadeYet
from documents.issued.models import Document
from shop.cart.current import signed_in
from shop.orders.models import Order
from shop.orders.views import seen_order
from shop.papers.pro_forma import NothingToPay, make_pro_forma
from shop.papers.selectors import papers_of, papers_of_account
from shop.papers.services import StillMissing

PAPERS_PER_PAGE = 25


@dataclass(frozen=True)
class Row:
    """Document with the order it belongs to, and its total."""

    document: Document
    order: Order

    @property
    def gross(self) -> Decimal | None:
        """Total, None for a document of a template that has none."""
        said = self.document.data.get("gross")
        return None if said is None else Decimal(said)

    @property
    def currency(self) -> str:
        return str(self.document.data.get("currency", ""))


@never_cache
@require_safe
@account_page(Right.SEE_INVOICES)
def account_papers(request: AccountRequest) -> HttpResponse:
    """List the documents of the account's orders."""
    page = Paginator(papers_of_account(request.account), PAPERS_PER_PAGE).get_page(request.GET.get("page"))
    orders = Order.objects.in_bulk({document.order_id for document in page})
    rows = [Row(document, orders[document.order_id]) for document in page if document.order_id is not None]
    return render(request, "papers/list.html", {"page": page, "rows": rows, "account": request.account})


@never_cache
@require_safe
def paper_file(request: HttpRequest, token: str, document_id: int, form: str) -> HttpResponse:
    """Answer with a file of an order's document, for who may pay the order or is staff; 404 for anybody else."""
    order, sight = seen_order(request, token)
    if not sight.sees_papers:
        raise Http404
    found = papers_of(order).filter(pk=document_id).first()
    if found is None:
        raise Http404
    try:
        return file_answer(found, form)
    except NotMadeYet:
        messages.info(request, _("This file is being made. Try again in a moment."))
    except FileLost:
        messages.error(request, _("This file cannot be shown at the moment. Please contact us."))
    return redirect("order", order.token)


@require_POST
def pro_forma(request: HttpRequest, token: str) -> HttpResponse:
    """Make the pro-forma invoice of an unpaid order, for who may pay it; 404 for anybody else."""
    order, sight = seen_order(request, token)
    if not sight.may_pay:
        raise Http404
    now = timezone.now()
    try:
        count_attempt(what="pro-forma invoice", who=str(order.pk), now=now)
        make_pro_forma(order_id=order.pk, actor=signed_in(request), now=now)
    except TooOften as refused:
        return too_often(request, refused.seconds)
    except StillMissing:
        messages.error(request, _("This pro-forma invoice lacks something that it must say. Please contact us."))
    except NothingToPay as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The pro-forma invoice is made. You find it among the documents of this order."))
    return redirect("order", order.token)

"""Papers for customers: those of an account, and the files of those of an order."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.members.current import AccountRequest, account_page
from accounts.members.rights import Right
from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften, count_attempt
from common.refusals import Refused
from documents.issued.answers import file_answer
from documents.issued.bundles import MOST, bundle_answer
from documents.issued.files import FileLost, NotMadeYet
from documents.issued.models import Document, DocumentFile
from shop.cart.current import signed_in
from shop.orders.models import Order
from shop.orders.views import seen_order
from shop.papers.choosing import PapersForm
from shop.papers.pro_forma import NothingToPay, make_pro_forma
from shop.papers.selectors import papers_of, papers_seen_by
from shop.papers.services import StillMissing

PAPERS_PER_PAGE = 25
ZIP_FORMS = (("pdf", "PDF"), ("xml", "Factur-X XML"), ("ubl", "UBL"))
SEE_PAPERS = (Right.SEE_INVOICES, Right.SEE_OWN_ORDERS)


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
@account_page(*SEE_PAPERS)
def account_papers(request: AccountRequest) -> HttpResponse:
    """List the documents of the account's orders, or of a buyer's own, as chosen."""
    papers = papers_seen_by(request.membership)
    form = PapersForm(request.GET or None, papers=papers)
    page = Paginator(form.chosen(papers), PAPERS_PER_PAGE).get_page(request.GET.get("page"))
    orders = Order.objects.in_bulk({document.order_id for document in page})
    rows = [Row(document, orders[document.order_id]) for document in page if document.order_id is not None]
    chosen = request.GET.copy()
    chosen.pop("page", None)
    context = {"page": page, "rows": rows, "account": request.account, "form": form, "most": MOST, "forms": ZIP_FORMS}
    return render(request, "papers/list.html", context | {"query_string": chosen.urlencode()})


@never_cache
@require_safe
@account_page(*SEE_PAPERS)
def account_papers_zip(request: AccountRequest, form: str) -> HttpResponseBase:
    """Answer with a ZIP of the documents that are chosen on the page of the account's documents."""
    _refuse_unless_form(form)
    papers = papers_seen_by(request.membership)
    chosen = PapersForm(request.GET or None, papers=papers)
    name = "-".join(filter(None, (_("documents"), str(request.account.pk), chosen.name)))
    try:
        return bundle_answer(chosen.chosen(papers), form, name=name)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect(f"{reverse('account-documents', args=[request.account.pk])}?{request.GET.urlencode()}")


@never_cache
@require_safe
def order_papers_zip(request: HttpRequest, token: str, form: str) -> HttpResponseBase:
    """Answer with a ZIP of an order's documents, for who may pay the order or is staff; 404 for anybody else."""
    _refuse_unless_form(form)
    order, sight = seen_order(request, token)
    if not sight.sees_papers:
        raise Http404
    try:
        return bundle_answer(papers_of(order), form, name=f"{_('documents')}-{order.number}")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("order", order.token)


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


def _refuse_unless_form(form: str) -> None:
    if form not in DocumentFile.Form:
        raise Http404


@require_POST
def pro_forma(request: HttpRequest, token: str) -> HttpResponse:
    """Make the pro-forma invoice of an unpaid order, for who may pay it and see it afterwards; 404 for anybody else."""
    order, sight = seen_order(request, token)
    if not sight.sees_papers:
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

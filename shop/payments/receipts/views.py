"""Download of a receipt by the pay link."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften, count_attempt
from common.answers import keep_nowhere
from shop.payments.receipts.printing import name_of, receipt_pdf
from shop.payments.receipts.selectors import paid_by_payer
from shop.payments.requests.links import found_by_link
from shop.payments.requests.views import unknown_link


@never_cache
@require_safe
def pay_link_receipt(request: HttpRequest, token: str, receipt_id: int) -> HttpResponse:
    """Answer with the PDF of a receipt, for whoever has the pay link that its payment came by; 404 for anybody else."""
    found = found_by_link(token)
    if found is None:
        return unknown_link(request)
    given = next((each for each in paid_by_payer(found) if each.pk == receipt_id), None)
    if given is None:
        raise Http404
    try:
        count_attempt(what="pay link receipt", who=str(found.pk), now=timezone.now())
    except TooOften as refused:
        return too_often(request, refused.seconds)
    answer = HttpResponse(receipt_pdf(found.order, given), content_type="application/pdf")
    answer["Content-Disposition"] = f'attachment; filename="{name_of(found.order, given)}.pdf"'
    answer["X-Robots-Tag"] = "noindex"
    return keep_nowhere(answer)

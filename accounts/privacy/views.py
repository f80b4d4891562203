"""The person's own pages: what is held about them, as a page and as a file, and their request for erasure."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.members.current import SignedInRequest
from accounts.privacy.forms import OwnAddressForm
from accounts.privacy.held import as_document, parts
from accounts.privacy.known import known_person
from accounts.privacy.requests import ask_for_erasure, last_refusal_of, open_request_of, withdraw_erasure
from accounts.security_log.kinds import Kind
from accounts.security_log.services import record
from accounts.sign_in.step_up.proofs import demand_proof
from common.moments import local_day
from common.personal_data import kept
from common.refusals import Refused


@login_required
@never_cache
@require_safe
def data(request: SignedInRequest) -> HttpResponse:
    """Show what is held about the person, who has just shown that it is still them."""
    demand_proof(request)
    context = {
        "parts": parts(request.user),
        "asked": open_request_of(request.user),
        "refused": last_refusal_of(request.user),
    }
    return render(request, "privacy/data.html", context)


@login_required
@never_cache
@require_POST
def download(request: SignedInRequest) -> HttpResponse:
    """Answer with all that is held about the person, as JSON."""
    demand_proof(request)
    now = timezone.now()
    document = as_document(request.user, now)
    user_id = request.user.pk
    record(Kind.EXPORTED, now=now, request=request, user_id=user_id, actor_id=user_id, details={"page": "own"})
    answer = JsonResponse(document, json_dumps_params={"ensure_ascii": False, "indent": 2})
    answer["Content-Disposition"] = f'attachment; filename="{_("my-data")}-{local_day(now)}.json"'
    return answer


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: SignedInRequest) -> HttpResponse:
    """Tell what an erasure takes and leaves; posting the person's own address asks for it."""
    demand_proof(request)
    now = timezone.now()
    form = OwnAddressForm(request.POST if request.method == "POST" else None, person=request.user)
    if form.is_valid():
        try:
            ask_for_erasure(person=request.user, asked_by=request.user, now=now)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("Your request has reached us. We write to you once it is decided."))
            return redirect("account-data")
    context = {
        "form": form,
        "asked": open_request_of(request.user),
        "kept": kept(known_person(request.user), now),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "privacy/ask.html", context, status=status)


@login_required
@require_POST
def withdraw(request: SignedInRequest) -> HttpResponse:
    """Withdraw the person's open request."""
    try:
        withdraw_erasure(person=request.user, now=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("Your request is withdrawn: nothing is erased."))
    return redirect("account-data")

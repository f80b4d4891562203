"""Page that mails a code to the address typed for an order, and takes the code."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language

from accounts.people.address_codes import WrongCode, is_code_mailed, mail_code, prove_by_code
from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften
from accounts.sign_in.forms import MailedCodeForm


def proof_page(request: HttpRequest, *, email: str, back: str, on_proof: Callable[[], None]) -> HttpResponse:
    """Show the page, mail a code (POST with `mail`) or take one (POST with `code`), then lead to `back`.

    `on_proof` runs once the code was right. The page is one for every address, known or not.
    """
    now = timezone.now()
    form = MailedCodeForm(request.POST if request.method == "POST" and "mail" not in request.POST else None)
    status = HTTPStatus.OK
    try:
        if "mail" in request.POST:
            mail_code(request, email=email, language=get_language() or "", now=now)
            return redirect(request.path)
        if form.is_bound and form.is_valid():
            prove_by_code(request.session, email=email, code=form.cleaned_data["code"], now=now)
            on_proof()
            return redirect(back)
    except TooOften as refused:
        return too_often(request, refused.seconds)
    except WrongCode as refused:
        form.add_error("code", str(refused))
    if form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    is_mailed = form.is_bound or is_code_mailed(request.session, email=email, now=now)
    context = {"form": form, "email": email, "back": back, "is_mailed": is_mailed}
    return render(request, "orders/proof.html", context, status=status)

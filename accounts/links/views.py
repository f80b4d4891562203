"""The page behind a mailed link: opening it changes nothing, its button uses it up."""

from __future__ import annotations

from http import HTTPStatus

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.links.models import AddressLink
from accounts.links.remembered import remember_link, take_effect
from accounts.links.renewal import mail_new_link
from accounts.links.services import LinkGone, NotYourLink, find_link
from accounts.mail_kinds import is_for_nothing
from accounts.members.current import SignedInRequest
from accounts.members.selectors import active_accounts
from accounts.people.proof import prove_by_link
from accounts.people.selectors import has_own_way_in
from accounts.rate_limits.pages import limited
from common.refusals import Refused


@never_cache
@require_http_methods(["GET", "POST"])
@limited("link", "GET", "POST")
def address_link(request: HttpRequest, token: str) -> HttpResponse:
    """Show what the button will do (GET); prove the address and let the link take effect for its owner (POST).

    A user with a password or a second factor signs in as usual first; the link waits in the session.
    """
    link = find_link(token=token, now=timezone.now())
    if link is None:
        return _gone(request)
    if request.user.is_authenticated and request.user.email != link.email:
        return render(request, "links/link_of_another.html", {"link": link}, status=HTTPStatus.FORBIDDEN)
    if request.method == "GET":
        context = {"link": link, "purpose": link.purpose, "is_for_nothing": is_for_nothing(link)}
        return render(request, "links/link.html", context)
    try:
        if request.user.is_authenticated:
            return redirect(take_effect(request, link.pk, link.purpose, request.user))
        return _enter(request, link)
    except (LinkGone, NotYourLink):
        return _gone(request)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("account-home")


@never_cache
@require_POST
@limited("link", "POST")
def address_link_again(request: HttpRequest, token: str) -> HttpResponse:
    """Mail a new link to the address of this one. The answer is one for every link, known or not."""
    mail_new_link(token=token, language=get_language() or "", now=timezone.now())
    messages.success(
        request,
        _(
            "A mail that leads you further is on its way to the address that the link was sent to. Nothing there after "
            "some minutes? Look into the folder for unwanted mail, and see that you have copied the whole link."
        ),
    )
    return redirect("address-link", token)


def _enter(request: HttpRequest, link: AddressLink) -> HttpResponse:
    user = prove_by_link(link=link, now=timezone.now())
    remember_link(request, link)
    if has_own_way_in(user):
        messages.info(request, _("Thank you. Sign in as usual now, and the link takes effect."))
        return redirect(f"{reverse(settings.LOGIN_URL)}?{urlencode({'next': reverse('account-home')})}")
    record_authentication(request, user, method="link", email=link.email)
    return perform_login(request, Login(user=user, email=link.email))


def _gone(request: HttpRequest) -> HttpResponse:
    """Return one page for every link that is unknown, used or too old: its button mails a new one, and it
    names nobody."""
    return render(request, "links/link_gone.html", status=HTTPStatus.NOT_FOUND)


@login_required
@require_safe
def welcome(request: SignedInRequest) -> HttpResponse:
    """Show the page after an invitation: set a password, or go on without one; members to their account, others to
    their courses."""
    is_member = active_accounts(request.user).exists()
    context = {
        "has_password": request.user.has_usable_password(),
        "next_url": reverse("account-home" if is_member else "learn"),
    }
    return render(request, "links/welcome.html", context)

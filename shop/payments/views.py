"""Views for providers: the customer's return, and notifications."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from accounts.rate_limits.by_network import count_from_network, is_network_used_up
from accounts.rate_limits.services import TooOften
from shop.payments import services as payments
from shop.payments.port import CallRefused, Forged, Message, NeverNoted, NotificationRefused, Provider, Unreachable
from shop.payments.registry import get_provider
from shop.payments.requests.links import to_pay

UNSIGNED = "bad notification"


@never_cache
@require_GET
def return_page(request: HttpRequest, provider: str, token: str) -> HttpResponse:
    """Redirect a customer who returns from paying to the order, or a payer to their link. Believes no parameter: the
    server asks the provider.

    This is the one GET that changes state, since a provider's redirect cannot be a POST.
    """
    found = to_pay(token)
    if found is None:
        raise Http404
    installed = _installed(provider)
    # A provider that is silent now tells later, or is asked again.
    with suppress(NotificationRefused, Unreachable, CallRefused):
        payments.ask_provider(order=found.order, provider=installed, now=timezone.now())
    return redirect(found.page)


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """Receive a provider's notification; its signature replaces the CSRF token.

    Answers 204 if it was acted on, 200 if it does not concern the shop or was never noted there, 400 if it is forged or
    cannot be recorded, 503 if the provider cannot be asked now. Only what nobody signed is counted and blocked: its
    sender may share an address with the provider, and must not be able to block the provider's messages.
    """
    now = timezone.now()
    message = Message(request.body, request.headers)
    try:
        outcome = payments.receive_notification(provider=_installed(provider), message=message, now=now)
    except Forged as forged:
        return _forged(request, now, forged)
    except (NotificationRefused, CallRefused):
        return HttpResponse(status=HTTPStatus.BAD_REQUEST)
    except Unreachable:  # the message is sent again
        return HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE)
    return HttpResponse(status=HTTPStatus.OK if outcome is None else HTTPStatus.NO_CONTENT)


def _forged(request: HttpRequest, now: datetime, forged: Forged) -> HttpResponse:
    if is_network_used_up(request, what=UNSIGNED, now=now):
        return HttpResponse(status=HTTPStatus.TOO_MANY_REQUESTS, headers={"Retry-After": "60"})
    with suppress(TooOften):
        count_from_network(request, what=UNSIGNED, now=now)
    return HttpResponse(status=HTTPStatus.OK if isinstance(forged, NeverNoted) else HTTPStatus.BAD_REQUEST)


def _installed(name: str) -> Provider:
    """Return a provider, offered or not: it hears of its payments as long as its keys are known."""
    provider = get_provider(name)
    if provider is None or not provider.has_keys():
        raise Http404
    return provider

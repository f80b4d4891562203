"""Answer to the button that saves a card: the provider's page, or why there is none."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.rate_limits.pages import too_often
from accounts.rate_limits.services import TooOften
from shop.payments.port import CallRefused, Unreachable
from shop.payments.saved_cards.saving import CardNotBegun, NoCardWanted


def to_saving(request: HttpRequest, begin: Callable[[], str], *, back: HttpResponse) -> HttpResponse:
    """Lead to the provider's page whose address `begin` returns, counting the attempt; say why there is none, and lead
    back."""
    try:
        return redirect(begin())
    except TooOften as refused:
        return too_often(request, refused.seconds)
    except (NoCardWanted, CardNotBegun) as refusal:
        messages.error(request, str(refusal))
    except (Unreachable, CallRefused):
        messages.error(request, str(CardNotBegun()))
    return back

"""`/dev/mail/`: every mail with its links and codes, for development and tests only.

Routed only where settings.DEV_MAIL is on, which each view checks again: the links and codes open accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from outbox.mails.development.mailbox import DevelopmentMail, find_mail, newest_mails
from outbox.mails.frames import framed_html


def development_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def guarded(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
        if not settings.DEV_MAIL:
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(require_safe(guarded))


@development_only
def mails(request: HttpRequest) -> HttpResponse:
    return render(request, "mails/development/mails.html", {"mails": newest_mails()})


@development_only
def mail(request: HttpRequest, name: str) -> HttpResponse:
    return render(request, "mails/development/mail.html", {"mail": _mail_or_404(name)})


@development_only
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    return framed_html(_mail_or_404(name).html, links_open=True)


def _mail_or_404(name: str) -> DevelopmentMail:
    found = find_mail(name)
    if found is None:
        raise Http404
    return found

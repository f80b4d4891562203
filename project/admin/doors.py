"""Sign-in, sign-out and passwords of the administration: there is one way to each, the shop's own.

Django's would know neither codes nor the second factor, count no guess and tell nobody of a new password.
"""

from __future__ import annotations

from allauth.account.decorators import secure_admin_login
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import logout
from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.views.generic import RedirectView


def _to_the_administration(request: HttpRequest, **_more: object) -> HttpResponseRedirect:
    """Lead staff on who are signed in, whatever they post: nobody signs in here."""
    return HttpResponseRedirect(get_next_redirect_url(request) or reverse("admin:index"))


def close_second_doors(site: AdminSite) -> None:
    """Put the shop's own pages in the place of the site's."""
    change_password = RedirectView.as_view(pattern_name="account_change_password")
    vars(site).update(
        login=secure_admin_login(_to_the_administration),
        logout=logout,
        password_change=change_password,
        password_change_done=change_password,
    )

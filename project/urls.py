"""Addresses of the site, floor by floor. The probes /healthz and /readyz are answered by a middleware."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from common.admin.pages import DeclaredAutocomplete
from handlers.pages import extension_pages
from project.admin.search import search
from project.media import media

REPLACED = {
    # The administration has no sign-in of its own: a second way in would know neither codes nor the second factor.
    "login": secure_admin_login(admin.site.login),
    # Fields that look rows up answer for what a page declares; Django's answer for any relation of any model.
    "autocomplete_view": DeclaredAutocomplete.as_view(admin_site=admin.site),
    "search": search,
}
for name, view in REPLACED.items():
    setattr(admin.site, name, view)

# No handler of Django's: allauth looks for this name here.
handler429 = "project.error_pages.too_many_requests"
handler500 = "project.error_pages.server_error"

urlpatterns: list[URLPattern | URLResolver] = [
    path("i18n/", include("django.conf.urls.i18n")),
    # Merchants
    path("admin/", admin.site.urls),
    # Sign-up, sign-in, second factor
    path("auth/", include("accounts.sign_in.urls")),
    # The customer account, and the links in mails. Orders, seats, people and sessions add theirs under account/
    path("", include("accounts.urls")),
    path("", include("enrolments.urls")),
    # Learners
    path("learn/", include("enrolments.learning.urls")),
    # The storefront, cart, checkout, orders and payments: include the shop's pages here, last
    path("payments/", include("shop.payments.urls")),
    # Pages of extensions, each below its own name
    *extension_pages(),
    path("", include("shop.urls")),
]

if settings.DEV_MAIL:
    # Every mail with its links and codes; before the storefront, whose pages come last.
    urlpatterns.insert(0, path("dev/mail/", include("outbox.mails.development.urls")))

if not settings.STORAGE_URL:
    # Uploads of a shop on one machine; with object storage they never pass through here.
    urlpatterns += [
        re_path(r"^media/(?P<path>.+)$", media, name="media"),
    ]

"""Addresses of the site, floor by floor. The probes /healthz and /readyz are answered by a middleware."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path

from common.admin.pages import DeclaredAutocomplete
from handlers.pages import extension_pages
from project.admin.doors import close_second_doors
from project.admin.frame import list_pages_when_shown
from project.admin.search import search
from project.door.limits import METRICS
from project.media import media
from project.policy_reports import policy_report
from project.security_txt import security_txt
from project.static_files import file_of_another_release
from project.watching.page import metrics

close_second_doors(admin.site)
list_pages_when_shown(admin.site)
REPLACED = {
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
    path(".well-known/security.txt", security_txt, name="security-txt"),
    path("policy-reports/", policy_report, name="policy-report"),
    path(METRICS.removeprefix("/"), metrics, name="metrics"),
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
    # Behind WhiteNoise, which serves the files themselves
    re_path(r"^static/(?P<path>.+)$", file_of_another_release, name="file-of-another-release"),
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

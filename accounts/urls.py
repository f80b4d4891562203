"""Links from mails, and the account area. allauth's own pages are in `sign_in_urls`."""

from django.urls import include, path, re_path

from accounts.browser_sessions import views as browser_sessions
from accounts.links import views as links
from accounts.members.history import views as history
from accounts.members.notices import views as notices
from accounts.members.views import area, details, members
from accounts.privacy import views as privacy
from accounts.sign_in.second_factor import views as second_factor

of_account = [
    path("", area.overview, name="account-overview"),
    path("details/", details.details, name="account-details"),
    path("members/", members.member_list, name="account-members"),
    path("history/", history.history, name="account-history"),
    path("notifications/", notices.notices, name="account-notices"),
    path("leave/", members.leave, name="account-leave"),
    path("members/<int:membership_id>/", members.member, name="account-member"),
    path("members/<int:membership_id>/remove/", members.remove, name="account-member-remove"),
    path("members/<int:membership_id>/transfer/", members.transfer, name="account-member-transfer"),
    path("members/invitations/<int:invitation_id>/withdraw/", members.withdraw, name="account-member-withdraw"),
]

urlpatterns = [
    path("accounts/link/<str:token>/", links.address_link, name="address-link"),
    path("accounts/link/<str:token>/again/", links.address_link_again, name="address-link-again"),
    path("accounts/mails/<str:token>/", notices.stop, name="notice-stop"),
    path("accounts/welcome/", links.welcome, name="accounts-welcome"),
    path("accounts/second-factor/", second_factor.second_factor_required, name="accounts-second-factor"),
    path("account/", area.home, name="account-home"),
    path("account/profile/", details.profile, name="account-profile"),
    path("account/data/", privacy.data, name="account-data"),
    path("account/data/download/", privacy.download, name="account-data-download"),
    path("account/data/erasure/", privacy.ask, name="account-erasure"),
    path("account/data/erasure/withdraw/", privacy.withdraw, name="account-erasure-withdraw"),
    path("account/browsers/", browser_sessions.browsers, name="account-browsers"),
    path("account/browsers/end/", browser_sessions.end_all, name="account-browsers-end"),
    path("account/browsers/<int:session_id>/end/", browser_sessions.end, name="account-browser-end"),
    path("account/<int:number>/", include(of_account)),
    # A page of the account used last: links from before accounts had numbers, and those of pages that know none.
    re_path(r"^account/(?P<page>[a-z].*)$", area.of_account_used_last, name="account-used-last"),
]

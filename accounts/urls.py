"""Links from mails, and the account area. allauth's own pages are in `sign_in_urls`."""

from django.urls import path

from accounts.links import views as links
from accounts.members.views import area, details, members
from accounts.sign_in.second_factor import views as second_factor

urlpatterns = [
    path("accounts/link/<str:token>/", links.address_link, name="address-link"),
    path("accounts/link/<str:token>/again/", links.address_link_again, name="address-link-again"),
    path("accounts/welcome/", links.welcome, name="accounts-welcome"),
    path("accounts/second-factor/", second_factor.second_factor_required, name="accounts-second-factor"),
    path("account/", area.home, name="account-home"),
    path("account/switch/", area.switch, name="account-switch"),
    path("account/details/", details.details, name="account-details"),
    path("account/members/", members.member_list, name="account-members"),
    path("account/members/<int:membership_id>/", members.member, name="account-member"),
    path("account/members/<int:membership_id>/remove/", members.remove, name="account-member-remove"),
    path("account/members/<int:membership_id>/transfer/", members.transfer, name="account-member-transfer"),
    path("account/members/invitations/<int:invitation_id>/withdraw/", members.withdraw, name="account-member-withdraw"),
]

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin

from accounts.admin.customer_accounts import CustomerAccountAdmin, DelegationAdmin
from accounts.admin.links import AddressLinkAdmin
from accounts.admin.users import GroupAdmin, UserAdmin

# An address is proved by its owner and a second factor belongs to its owner; nobody edits them here.
for model in (EmailAddress, Authenticator):
    if admin.site.is_registered(model):
        admin.site.unregister(model)

__all__ = ["AddressLinkAdmin", "CustomerAccountAdmin", "DelegationAdmin", "GroupAdmin", "UserAdmin"]

from accounts.models.accounts import CustomerAccount, Membership
from accounts.models.delegations import Delegation
from accounts.models.links import AddressLink
from accounts.models.users import User

__all__ = ["AddressLink", "CustomerAccount", "Delegation", "Membership", "User"]

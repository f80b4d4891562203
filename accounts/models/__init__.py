from accounts.models.accounts import CustomerAccount, MemberInvitation, Membership, Roles
from accounts.models.attempts import Attempts
from accounts.models.delegations import Delegation
from accounts.models.links import AddressLink
from accounts.models.users import User

__all__ = [
    "AddressLink",
    "Attempts",
    "CustomerAccount",
    "Delegation",
    "MemberInvitation",
    "Membership",
    "Roles",
    "User",
]

"""An account that was made for one visitor's order goes into another account of the same owner."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from accounts.links.models import AddressLink
from accounts.members.models import CustomerAccount, Membership
from accounts.people.delegation.models import Delegation
from accounts.people.models import User


def absorb_account(*, source: CustomerAccount, target: CustomerAccount) -> None:
    """Gives what the accounts' floor keeps of `source` to `target` and deletes `source`.

    Of a person delegated in both, the row of `target` stays. The caller has moved everything of the floors above, and
    holds the lock of the order that is moved; `source` has no invited members.
    """
    User.objects.filter(created_by_account=source).update(created_by_account=target)
    AddressLink.objects.filter(account=source).update(account=target)
    known = Delegation.objects.filter(account=target, operator=OuterRef("operator"), person=OuterRef("person"))
    Delegation.objects.filter(Exists(known), account=source).delete()
    Delegation.objects.filter(account=source).update(account=target)
    Membership.objects.filter(account=source).delete()
    source.delete()

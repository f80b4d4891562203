"""An account that was made for one visitor's order goes into another account of the same owner."""

from __future__ import annotations

from accounts.models import AddressLink, CustomerAccount, Membership, User


def absorb_account(*, source: CustomerAccount, target: CustomerAccount) -> None:
    """Gives what the accounts' floor keeps of `source` to `target` and deletes `source`.

    The caller has moved everything of the floors above, and holds the lock of the order that is moved.
    """
    User.objects.filter(created_by_account=source).update(created_by_account=target)
    AddressLink.objects.filter(account=source).update(account=target)
    Membership.objects.filter(account=source).delete()
    source.delete()

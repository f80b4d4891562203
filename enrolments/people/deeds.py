"""Detachments of people, as the history of an account tells them."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.members.history.sources import Asked, Deed
from accounts.members.models import CustomerAccount
from accounts.people.delegation.models import Detachment


def detachments(account: CustomerAccount, asked: Asked) -> Sequence[Deed]:
    """Return detachments of people, whose names are kept no longer. One statement."""
    rows = Detachment.objects.filter(account=account)
    if asked.actor_id is not None:
        rows = rows.filter(actor=asked.actor_id)
    if asked.at is not None:
        # The first condition follows from the second; the index is searched by it.
        rows = rows.filter(Q(at__lt=asked.at) | Q(at=asked.at, pk__lt=asked.key), at__lte=asked.at)
    found = rows.order_by("-at", "-pk")[: asked.limit]
    return [Deed(each.at, each.pk, each.actor_id, _("Detached a person from the account")) for each in found]

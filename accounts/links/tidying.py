"""Deletion of links that ended long ago, used or not."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef

from accounts.links.models import AddressLink
from accounts.members.models import MemberInvitation
from common.tidying import delete_batch, tidies


@tidies("links", "accounts_addresslink")
def links(before: datetime, limit: int) -> int:
    """Delete links, but for that of an invitation which its account has not withdrawn."""
    invitations = MemberInvitation.objects.filter(link=OuterRef("pk"))
    old = AddressLink.objects.filter(expires_at__lt=before).exclude(Exists(invitations))
    return delete_batch(old.order_by("expires_at"), limit)

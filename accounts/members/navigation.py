"""The links of the account area. Upper floors add theirs in their app's `ready()`:

add_area_link(AreaLink("account-seats", _("Seats"), rights={Right.MANAGE_SEATS}, position=20))
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.functional import Promise

from accounts.members.models import Membership
from accounts.members.rights import Right, rights_of
from common.registry import Registry


@dataclass(frozen=True)
class AreaLink:
    """A page of the account area, shown to people with one of `rights` in the account (no rights: to every member).

    `is_personal` marks a page of the person: shown to everybody, its address names no account.
    """

    url_name: str
    label: str | Promise
    rights: Collection[Right] = field(default_factory=frozenset)
    position: int = 50
    is_personal: bool = False

    def is_for(self, membership: Membership | None) -> bool:
        """Tell whether a person may open the page, in the account of the membership; None: without any account."""
        if self.is_personal:
            return True
        if membership is None:
            return False
        return not self.rights or not rights_of(membership).isdisjoint(self.rights)

    def url(self, account_id: int) -> str:
        """Return the page's address in an account. Raises NoReverseMatch for a page that is not installed."""
        return reverse(self.url_name, args=[] if self.is_personal else [account_id])


LINKS: Registry[AreaLink] = Registry("page of the account area")


def add_area_link(link: AreaLink) -> None:
    LINKS.register(link.url_name, link)


def links_for(membership: Membership | None) -> list[AreaLink]:
    """List the pages that a person may open in the account of a membership (None: without any), in the order of the
    menu."""
    return sorted((link for link in LINKS if link.is_for(membership)), key=lambda link: link.position)

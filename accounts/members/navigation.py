"""The links of the account area. Upper floors add theirs in their app's `ready()`:

add_area_link(AreaLink("account-seats", _("Seats"), rights={Right.MANAGE_SEATS}, position=20))
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.utils.functional import Promise

from accounts.members.models import Membership
from accounts.members.rights import Right, rights_of
from common.registry import Registry


@dataclass(frozen=True)
class AreaLink:
    """A page of the account area, shown to people with one of `rights` in an account (no rights: to everybody)."""

    url_name: str
    label: str | Promise
    rights: Collection[Right] = field(default_factory=frozenset)
    position: int = 50


LINKS: Registry[AreaLink] = Registry("page of the account area")


def add_area_link(link: AreaLink) -> None:
    LINKS.register(link.url_name, link)


def links_for(memberships: Iterable[Membership]) -> list[AreaLink]:
    """List the pages that a signed-in person with these memberships may open, in the order of the menu."""
    rights = {right for membership in memberships for right in rights_of(membership)}
    links = [link for link in LINKS if not link.rights or rights.intersection(link.rights)]
    return sorted(links, key=lambda link: link.position)

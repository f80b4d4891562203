"""Tags for the account area's templates: `{% account_area_links as links %}`, `{% other_accounts as accounts %}` and
`{% may "buy" as may_buy %}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from accounts.members.current import account_at_hand, memberships_of
from accounts.members.models import Membership
from accounts.members.navigation import AreaLink, links_for
from accounts.members.rights import Right, rights_of

register = template.Library()

OVERVIEW = "account-overview"  # every page of an account lies below it


@register.simple_tag(takes_context=True)
def account_area_links(context: dict[str, Any]) -> list[dict[str, Any]]:
    """List the links of the account at hand for the signed-in person; pages not installed are left out.

    `is_around` is True where the page shown lies below the link's: one seat below the seats.
    """
    request = context["request"]
    if not request.user.is_authenticated:
        return []
    membership = _membership_at_hand(request)
    links = []
    for link in links_for(membership):
        try:
            url = link.url(membership.account_id if membership else 0)
        except NoReverseMatch:
            continue
        is_current = request.path == url
        links.append(
            {"url": url, "label": link.label, "is_current": is_current, "is_around": _is_around(link, url, request)}
        )
    return links


@register.simple_tag(takes_context=True)
def other_accounts(context: dict[str, Any]) -> list[dict[str, Any]]:
    """List a person's accounts, each with the address of this page's section there; empty when there is one at most.

    Where the person may not open that section, the link leads to the overview.
    """
    request = context["request"]
    memberships = memberships_of(request)
    at_hand = _membership_at_hand(request)
    if len(memberships) < 2 or at_hand is None:
        return []
    section = _section(request, at_hand)
    return [
        {
            "url": section.url(each.account_id)
            if section is not None and section.is_for(each)
            else reverse(OVERVIEW, args=[each.account_id]),
            "name": each.account,
            "is_current": each == at_hand,
        }
        for each in memberships
    ]


@register.simple_tag(takes_context=True)
def may(context: dict[str, Any], *rights: str) -> bool:
    """Tell whether the signed-in person has all of these rights in the account at hand."""
    request = context["request"]
    return request.user.is_authenticated and {*map(Right, rights)} <= rights_of(_membership_at_hand(request))


def _membership_at_hand(request: HttpRequest) -> Membership | None:
    account = account_at_hand(request)
    return next((each for each in memberships_of(request) if each.account == account), None)


def _section(request: HttpRequest, at_hand: Membership) -> AreaLink | None:
    """Return the account's page that the page shown is, or lies below; None on a person's own pages."""
    for link in links_for(at_hand):
        if not link.is_personal:
            try:
                url = link.url(at_hand.account_id)
            except NoReverseMatch:
                continue
            if request.path == url or _is_around(link, url, request):
                return link
    return None


def _is_around(link: AreaLink, url: str, request: HttpRequest) -> bool:
    return link.url_name != OVERVIEW and request.path != url and request.path.startswith(url)

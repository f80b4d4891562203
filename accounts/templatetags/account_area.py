"""`{% account_area_links as links %}` and `{% switchable_accounts as accounts %}` for the account area's templates."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse

from accounts.members.current import SESSION_KEY, memberships_of
from accounts.members.navigation import links_for

register = template.Library()

HOME = "account-home"  # every page of the area lies below it


@register.simple_tag(takes_context=True)
def account_area_links(context: dict[str, Any]) -> list[dict[str, Any]]:
    """List the links of the account area for the signed-in person; pages not installed are left out.

    `is_around` is True where the page shown lies below the link's: one seat below the seats.
    """
    request = context["request"]
    if not request.user.is_authenticated:
        return []
    links = []
    for link in links_for(memberships_of(request)):
        try:
            url = reverse(link.url_name)
        except NoReverseMatch:
            continue
        is_current = request.path == url
        is_around = not is_current and link.url_name != HOME and request.path.startswith(url)
        links.append({"url": url, "label": link.label, "is_current": is_current, "is_around": is_around})
    return links


@register.simple_tag(takes_context=True)
def switchable_accounts(context: dict[str, Any]) -> list[dict[str, Any]]:
    """List the accounts a person can switch between; empty when there is nothing to choose."""
    request = context["request"]
    accounts = [membership.account for membership in memberships_of(request)]
    if len(accounts) < 2:
        return []
    chosen = request.session.get(SESSION_KEY)
    # The account of the page wins over the chosen one, in which the person may lack the page's right.
    current = getattr(request, "account", None)
    current_id = current.pk if current is not None else chosen
    return [{"pk": account.pk, "name": account, "is_current": account.pk == current_id} for account in accounts]

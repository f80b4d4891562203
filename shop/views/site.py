"""What the frame around every page shows: who sells, the shelves, the size of the cart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from shop.models import CartLine, ShopIdentity
from shop.services.cart import find_cart
from shop.views.carts import session_token, signed_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalog.models import Category

ACCOUNT_PAGES = (
    ("account-orders", _("Orders")),
    ("account-seats", _("Seats")),
    ("account-sessions", _("Sessions")),
    ("account-people", _("People")),
    ("account-members", _("Members")),
    ("learn", _("My courses")),
    ("account_email", _("E-mail address")),
    ("account_change_password", _("Password")),
)


@dataclass(frozen=True)
class Link:
    url: str
    label: str


class Site:
    """Each part is read when a template first asks for it: at most three queries a page."""

    def __init__(self, request: HttpRequest | None) -> None:
        self.request = request

    @cached_property
    def identity(self) -> ShopIdentity:
        return ShopIdentity.objects.filter(pk=1).first() or ShopIdentity(pk=1)

    @property
    def name(self) -> str:
        return self.identity.name or "Amphi"

    @property
    def logo_url(self) -> str:
        return self.identity.logo.url if self.identity.logo else ""

    @property
    def support_email(self) -> str:
        return self.identity.support_email

    @property
    def address_lines(self) -> list[str]:
        identity = self.identity
        town = " ".join(part for part in (identity.postal_code, identity.city) if part)
        return [line for line in (identity.street, town) if line]

    @cached_property
    def categories(self) -> Sequence[Category]:
        from importlib.util import find_spec

        if find_spec("catalog.selectors") is None:
            return ()
        from catalog.selectors import visible_categories

        return visible_categories()

    @cached_property
    def cart_count(self) -> int:
        if self.request is None or not hasattr(self.request, "session"):
            return 0
        token, user = session_token(self.request), signed_in(self.request)
        if token is None and user is None:
            return 0
        cart = find_cart(token=token, user=user)
        return CartLine.objects.filter(cart=cart).count() if cart else 0

    @property
    def other_languages(self) -> list[tuple[str, str]]:
        current = get_language()
        return [(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES if code != current]

    @property
    def came_from(self) -> str:
        """Where to return to after signing in; nothing from the sign-in pages themselves."""
        if self.request is None or self.request.method != "GET" or self.request.path.startswith("/auth/"):
            return ""
        return self.request.get_full_path()

    @property
    def account_links(self) -> list[Link]:
        links = []
        for name, label in ACCOUNT_PAGES:
            try:
                links.append(Link(reverse(name), str(label)))
            except NoReverseMatch:
                continue
        if self.request is not None and getattr(self.request.user, "is_staff", False):
            links.append(Link(reverse("admin:index"), str(_("Administration"))))
        return links

"""Frame of every page: the seller, the shelves, the size of the cart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language, get_language_info
from django.utils.translation import gettext_lazy as _

from accounts.sign_in.second_factor.proved import is_trusted_staff
from catalog.selectors import CategoryNode, Shopper, visible_categories
from common.remembered import remembered
from shop.cart.current import VISIT_ENDED, session_token, signed_in, visit_has_ended
from shop.cart.models import CartLine
from shop.seller.frozen import seller_today
from shop.seller.models import ShopIdentity

ACCOUNT_PAGES = (
    ("account-home", (), _("Your account")),
    ("account-used-last", ("orders/",), _("Orders")),
    ("learn", (), _("My courses")),
)


@dataclass(frozen=True)
class Link:
    url: str
    label: str


class Site:
    """Content of the frame. Each part is read when a template first uses it, at one query each."""

    def __init__(self, request: HttpRequest | None) -> None:
        self.request = request

    @cached_property
    def seller(self) -> ShopIdentity:
        return remembered("seller", seller_today)

    @property
    def name(self) -> str:
        return self.seller.name or "Amphi"

    @property
    def logo_url(self) -> str:
        return self.seller.logo.url if self.seller.logo else ""

    @property
    def support_email(self) -> str:
        return self.seller.support_email

    @property
    def address_lines(self) -> list[str]:
        return self.seller.address.lines_below_name

    @cached_property
    def shopper(self) -> Shopper:
        """Reader, as far as lists need; `is_customer` costs a query and is read only where it matters. Staff see more
        once they have shown their second factor."""
        if self.request is None:
            return Shopper()
        return Shopper(user=signed_in(self.request), is_staff=is_trusted_staff(self.request))

    @cached_property
    def categories(self) -> list[CategoryNode]:
        """Shelves with something on them."""
        name = "categories for staff" if self.shopper.is_staff else "categories"
        return remembered(name, lambda: visible_categories(shopper=self.shopper))

    @property
    def shelves(self) -> list[CategoryNode]:
        """Shelves of the first level."""
        return [node for node in self.categories if node.depth == 0]

    @cached_property
    def cart_count(self) -> int:
        if self.request is None or not hasattr(self.request, "session"):
            return 0
        return CartLine.objects.count_in_open_cart(token=session_token(self.request), user=signed_in(self.request))

    @property
    def visit_has_ended(self) -> bool:
        """Tell whether the browser still names a session that is gone; true on one page only, for the answer to it
        makes the browser forget the session."""
        return self.request is not None and hasattr(self.request, "session") and visit_has_ended(self.request)

    @property
    def what_ended(self) -> str:
        """Sentence for a visitor whose session is gone."""
        return str(VISIT_ENDED)

    @property
    def other_languages(self) -> list[tuple[str, str]]:
        current = get_language()
        return [(code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES if code != current]

    @property
    def came_from(self) -> str:
        """Address to return to after signing in; "" on the sign-in pages themselves."""
        if self.request is None or self.request.method != "GET" or self.request.path.startswith("/auth/"):
            return ""
        return self.request.get_full_path()

    @property
    def account_links(self) -> list[Link]:
        links = []
        for name, arguments, label in ACCOUNT_PAGES:
            try:
                links.append(Link(reverse(name, args=arguments), str(label)))
            except NoReverseMatch:
                continue
        if self.request is not None and getattr(self.request.user, "is_staff", False):
            links.append(Link(reverse("admin:index"), str(_("Administration"))))
        return links


class Framed(HttpRequest):
    """Request with its frame."""

    site_frame: Site


def site_of(request: HttpRequest) -> Site:
    """Return the frame of a request, shared by its view and its templates."""
    frame = getattr(request, "site_frame", None)
    if frame is None:
        frame = cast("Framed", request).site_frame = Site(request)
    return frame

"""Cart of a request, and the key by which limits count its customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.rate_limits.by_network import count_from_network
from accounts.rate_limits.network import network_of, wide_network_of
from accounts.sign_in.second_factor.proved import is_trusted_staff
from shop.cart.joined_in_words import in_words
from shop.cart.models import Cart, CartLine
from shop.cart.services import fill_cart, find_cart, join_carts

if TYPE_CHECKING:
    from accounts.people.models import User
    from catalog.models.entries import Entry

SESSION_KEY = "cart"
# Key of the token of the visitor's cart that keeps the lines which did not fit into the person's.
WAITING_KEY = "cart that waits"
# Key of a visitor from IPv6: so much of the hash of the wide network, this sign, and the hash of the narrow one.
WIDE_PART, BETWEEN = 31, ":"
VISIT_ENDED = gettext_lazy(
    "Your last visit has ended, and with it this browser's cart. If you were signed in, sign in again: your cart is "
    "still there. If not, please choose again."
)
GONE = gettext_lazy("This cart is no longer there: it was ordered or emptied elsewhere.")


def signed_in(request: HttpRequest) -> User | None:
    """Return the person signed in, None for a visitor. Of staff the session is asked once whether it proved the second
    factor: without that they buy what everybody buys."""
    user = cast("User | None", getattr(request, "user", None))
    if user is None or not user.is_authenticated:
        return None
    if user.is_staff and user.is_trusted_staff is None:
        user.is_trusted_staff = is_trusted_staff(request)
    return user


def session_token(request: HttpRequest) -> str | None:
    return request.session.get(SESSION_KEY)


def current_cart(request: HttpRequest) -> Cart | None:
    """Return the open cart of this browser or person, None if there is none. Changes nothing."""
    return find_cart(token=session_token(request), user=signed_in(request))


def put_into_cart(request: HttpRequest, entry: Entry, quantity: int) -> None:
    """Add units of an entry to the current cart; create the cart and keep its token in the session if need be. Raises
    CartRefused; and TooOften where one network begins too many carts of visitors."""
    token, user, now = session_token(request), signed_in(request), timezone.now()
    if user is None and token is None:
        count_from_network(request, what="new cart", now=now)
    cart = fill_cart(token=token, user=user, entry=entry, quantity=quantity, now=now)
    if token != cart.token:
        request.session[SESSION_KEY] = cart.token


def join_cart_of_session(request: HttpRequest, user: User) -> None:
    """Join the visitor's cart to the person's; messages name what was joined, and the lines beyond its limits, which
    wait."""
    token = session_token(request)
    joined = join_carts(user=user, token=token)
    if joined is None:
        return
    request.session[SESSION_KEY] = joined.cart.token
    if joined.lines:
        messages.info(request, in_words(joined.lines))
    waiting = find_cart(token=token, user=None)
    if waiting is not None:
        request.session[WAITING_KEY] = token
        _tell_waiting(request, waiting)


def bring_what_waits(request: HttpRequest, user: User | None) -> None:
    """Put the lines that waited for a full cart into the next cart, once the full one has been ordered."""
    token = request.session.pop(WAITING_KEY, None)
    if token is None or user is None:
        return
    joined = join_carts(user=user, token=token)
    if joined is not None:
        request.session[SESSION_KEY] = joined.cart.token
        messages.info(request, _("What did not fit into your last order is in your cart now."))


def _tell_waiting(request: HttpRequest, waiting: Cart) -> None:
    lines = CartLine.objects.filter(cart=waiting).select_related("entry")
    names = ", ".join(line.entry.name for line in lines)
    sentence = _("Your cart is full. This waits, with all you typed, until you have placed the order: %(names)s.")
    messages.warning(request, sentence % {"names": names})


def why_cart_is_gone(request: HttpRequest) -> str:
    """Return the reason why a visitor no longer sees the cart they had, and how to go on; "" if there is none to tell.
    One query at most; tells nothing about the cart or its owner."""
    if signed_in(request) is not None:
        return ""
    if visit_has_ended(request):
        return str(VISIT_ENDED)
    token = session_token(request)
    cart = Cart.objects.filter(token=token).only("ordered_at", "user").first() if token else None
    if token is None or (cart is not None and (cart.ordered_at is not None or cart.user_id is None)):
        return ""
    return _(
        "The cart of this browser is no longer here. Sign in if it belongs to an account: it is there again. If not, "
        "please choose again."
    )


def visit_has_ended(request: HttpRequest) -> bool:
    """Tell whether the browser names a session that is not there any more."""
    if not request.COOKIES.get(settings.SESSION_COOKIE_NAME):
        return False
    return not request.session.keys() and request.session.session_key is None


def visitor_key(request: HttpRequest, *, has_account: bool) -> str:
    """Return the key by which limits count a customer; "" for a person who buys for an existing account, which is
    counted itself.

    The key is made from the user or the network address, never from a cookie, which a visitor can delete; an IPv6
    network counts as one address, and its key begins with that of its wide network (`wide_part`). Only keyed hashes
    leave this function.
    """
    user = signed_in(request)
    if user is not None:
        return "" if has_account else _hashed(f"user:{user.pk}")
    key, wide = _hashed(f"address:{network_of(request)}"), wide_network_of(request)
    return f"{_hashed(f'wide:{wide}')[:WIDE_PART]}{BETWEEN}{key}"[: len(key)] if wide else key


def wide_part(key: str) -> str:
    """Return how the keys of all visitors from the wide network of a visitor begin; "" for any but IPv6."""
    wide, between, _narrow = key.partition(BETWEEN)
    return wide + between if between else ""


def _hashed(value: str) -> str:
    return salted_hmac("shop.visitor", value, algorithm="sha256").hexdigest()

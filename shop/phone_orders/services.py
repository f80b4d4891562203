"""Orders entered by staff: begun, sent to the customer, accepted, discarded. Each service locks the cart first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.members.models import CustomerAccount
from accounts.members.rights import buyers_of
from accounts.people.models import User
from catalog.models.entries import Entry
from common.again import again_after_deadlock
from common.made_from import ChangedMeanwhile
from common.moments import local_day
from common.refusals import Refused
from common.tokens import derive_token, hash_token
from outbox.mails.services import queue_mail
from shop.cart.micro_forms import Typed, version_of
from shop.cart.models import Cart
from shop.cart.pricing import price_cart
from shop.cart.services import add_to_cart
from shop.checkout.draft import Draft, draft_order
from shop.checkout.errors import DetailsRefused
from shop.checkout.forms.details import DetailsForm, details_form
from shop.checkout.place import Consent, Noted, Shown, place_order
from shop.checkout.views.state import Checkout
from shop.orders.models import Order
from shop.payments.services import choose_method, methods_for
from shop.phone_orders.models import TOKEN_PURPOSE, PhoneOrder, new_nonce
from shop.seller.models import ShopIdentity, unpaid_time

LINK_WORKS_FOR = timedelta(days=14)
MAIL = "phone_order"


class PhoneOrderRefused(Refused):
    """Refusal of a change to an order entered by staff."""


class AlreadyPlaced(PhoneOrderRefused):
    """Refusal of a change to an order that is placed."""

    message = gettext_lazy("The customer has accepted this order meanwhile: it is placed.")


class Discarded(PhoneOrderRefused):
    """Refusal of a change to an order that was discarded."""

    message = gettext_lazy("This order was discarded meanwhile.")


class LinkClosed(PhoneOrderRefused):
    """Refusal of a link that is unknown, discarded or too old."""

    message = gettext_lazy("This link no longer works. Please ask us for a new one.")


class Incomplete(PhoneOrderRefused):
    """Refusal of an order that cannot be placed as it is."""

    message = gettext_lazy("Something is missing yet: see what is marked below.")


class NoteRefused(PhoneOrderRefused):
    """Refusal of a note that tells no way or no possible day."""

    code = "phone_order_note_refused"


@dataclass(frozen=True)
class Entering:
    """Order being entered, as it stands now. `draft` is None until it can be placed."""

    phone_order: PhoneOrder
    checkout: Checkout
    details: DetailsForm | None
    draft: Draft | None


def entering(phone_order: PhoneOrder, *, now: datetime) -> Entering:
    """Read the state of an order being entered, in a constant number of queries."""
    buyer = phone_order.buyer
    checkout = Checkout(priced=price_cart(phone_order.cart, user=buyer, now=now), user=buyer, now=now)
    details = checkout.details_form
    is_whole = checkout.can_be_ordered and not checkout.unit_errors and details is not None and details.is_valid()
    draft = None
    if is_whole and details is not None:
        draft = draft_order(
            priced=checkout.priced,
            details=details.to_details(),
            user=buyer,
            language=phone_order.language,
            now=now,
        )
    return Entering(phone_order, checkout, details, draft)


@transaction.atomic
def begin(*, account: CustomerAccount | None, language: str, actor: User) -> PhoneOrder:
    """Begin an order for a customer account, bought by its first buyer by name, or for a new customer.

    Locks nothing. Raises PhoneOrderRefused if nobody may buy for the account.
    """
    buyer = buyers_of(account).first() if account else None
    if account is not None and buyer is None:
        raise PhoneOrderRefused(_("Nobody may buy for this customer account. Invite a buyer first."), field="account")
    cart = Cart.objects.create(entered_by=actor, details=_known(buyer, account) if buyer else {})
    nonce = new_nonce()
    return PhoneOrder.objects.create(
        cart=cart,
        buyer=buyer,
        language=language,
        entered_by=actor,
        nonce=nonce,
        token_hash=hash_token(derive_token(TOKEN_PURPOSE, cart.pk, nonce)),
    )


def _known(buyer: User, account: CustomerAccount | None) -> dict[str, str]:
    form = DetailsForm(user=buyer, account=account)
    values = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: str(getattr(value, "code", value) or "") for name, value in values.items()}


def customer_version(phone_order: PhoneOrder) -> str:
    """Return the fingerprint of buyer and details, by which their form says what it was made from."""
    return version_of(Typed(phone_order.cart.details, {"buyer": phone_order.buyer_id}))


@transaction.atomic
def save_customer(*, phone_order: PhoneOrder, buyer: User | None, details: Mapping[str, str], seen: str) -> None:
    """Keep buyer and details as typed. Raises AlreadyPlaced, and ChangedMeanwhile unless their version is `seen`."""
    cart = _lock(phone_order)
    now = PhoneOrder.objects.select_related("cart").get(pk=phone_order.pk)
    if customer_version(now) != seen:
        raise ChangedMeanwhile
    PhoneOrder.objects.filter(pk=phone_order.pk).update(buyer=buyer)
    Cart.objects.filter(pk=cart.pk).update(details=dict(details))


@transaction.atomic
def put_on(*, phone_order: PhoneOrder, entry: Entry, quantity: int, now: datetime) -> None:
    """Put units of an entry on the order, besides those on it. Raises AlreadyPlaced, CartRefused."""
    add_to_cart(cart=_lock(phone_order), entry=entry, quantity=quantity, user=phone_order.buyer, now=now)


@transaction.atomic
def send_link(*, phone_order: PhoneOrder, now: datetime) -> PhoneOrder:
    """Mail the link by which the customer reads and accepts the order; an earlier link goes on working as long.

    Raises AlreadyPlaced, Incomplete.
    """
    _lock(phone_order)
    fresh = PhoneOrder.objects.select_related("cart", "buyer").get(pk=phone_order.pk)
    draft = entering(fresh, now=now).draft
    if draft is None:
        raise Incomplete
    fresh.sent_to, fresh.sent_at, fresh.expires_at = draft.columns["contact_email"], now, now + LINK_WORKS_FOR
    fresh.save(update_fields=["sent_to", "sent_at", "expires_at"])
    queue_mail(
        kind=MAIL,
        key=f"{MAIL}:{fresh.pk}:{now.timestamp()}",
        recipient=fresh.sent_to,
        language=fresh.language,
        context={"phone_order": fresh.pk},
        account_id=draft.references["account"],
        person_id=fresh.buyer_id,
        expires_at=fresh.expires_at,
    )
    return fresh


def find_by_token(token: str) -> PhoneOrder | None:
    """Return the order entered whose link has this token, open or not."""
    found = PhoneOrder.objects.select_related("cart", "buyer", "order").filter(token_hash=hash_token(token))
    return found.first()


@again_after_deadlock
@transaction.atomic
def accept_by_link(*, token: str, shown: Shown, consent: Consent, now: datetime) -> Order:
    """Place the order for whoever has the mailed link; an order already placed is returned.

    Locks the cart, then as `place_order`. Raises LinkClosed, and what `place_order` raises.
    """
    phone_order = find_by_token(token)
    if phone_order is None or (phone_order.order_id is None and not phone_order.is_link_open(now)):
        raise LinkClosed
    return _place(phone_order, shown=shown, consent=consent, noted=None, now=now)


@again_after_deadlock
@transaction.atomic
def note_acceptance(
    *, phone_order_id: int, how: str, on: date, shown: Shown, consent: Consent, actor: User, now: datetime
) -> Order:
    """Place the order on the word of staff, who say how and on which day the customer accepted it.

    An order that is placed already is returned as it is, without the note. Locks the cart, then as `place_order`.
    Raises NoteRefused, PhoneOrderRefused for one that was discarded, and what `place_order` raises.
    """
    if not how.strip():
        raise NoteRefused(_("Say how the customer accepted: by telephone, by letter …"), field="how")
    if on > local_day(now):
        raise NoteRefused(_("This day has not come yet."), field="on")
    phone_order = PhoneOrder.objects.filter(pk=phone_order_id).first()
    if phone_order is None:
        raise Discarded
    return _place(phone_order, shown=shown, consent=consent, noted=Noted(actor, how.strip(), on), now=now)


def _place(phone_order: PhoneOrder, *, shown: Shown, consent: Consent, noted: Noted | None, now: datetime) -> Order:
    cart = Cart.objects.select_for_update(no_key=True).filter(pk=phone_order.cart_id).first()
    if cart is None:
        raise Discarded
    if cart.ordered_at is not None:
        return Order.objects.get(cart=cart)
    # Read again: buyer and details may have changed before the lock.
    phone_order = PhoneOrder.objects.select_related("buyer").get(pk=phone_order.pk)
    form = details_form(cart.details, user=phone_order.buyer)
    if form is None or not form.is_valid():
        raise DetailsRefused(_("The details of the customer are not complete."))
    order = place_order(
        cart_token=cart.token,
        user=phone_order.buyer,
        details=form.to_details(),
        shown=shown,
        consent=consent,
        language=phone_order.language,
        visitor_key="",
        now=now,
        noted=noted,
        # Staff vouch for the address, or the link was mailed to it.
        is_proved=noted is not None or form.to_details().email == phone_order.sent_to,
    )
    written: dict[str, Any] = {"order": order}
    if noted is not None:
        written |= {"how": noted.how, "accepted_on": noted.on, "noted_by": noted.by}
        _let_pay_later(order, actor=noted.by, now=now)
    PhoneOrder.objects.filter(pk=phone_order.pk).update(**written)
    return order


def _let_pay_later(order: Order, *, actor: User, now: datetime) -> None:
    """Choose the first method by which money comes later, since the customer sits at no page; its instructions are
    mailed. The order may stay unpaid as long as such orders do, even without such a method."""
    if order.status != Order.Status.PLACED:
        return
    later = next((method for method in methods_for(order) if not method.is_immediate), None)
    if later is not None:
        choose_method(order_id=order.pk, method=later.name, actor=actor, now=now)
    else:
        waits = unpaid_time(ShopIdentity.current(), immediate=False, zero_total=order.is_free)
        Order.objects.filter(pk=order.pk).update(expires_at=order.placed_at + waits)
    order.refresh_from_db()


@transaction.atomic
def discard(*, phone_order: PhoneOrder) -> None:
    """Delete an order being entered, with its cart; its link ends. Raises AlreadyPlaced."""
    cart = _lock(phone_order)
    PhoneOrder.objects.filter(pk=phone_order.pk).delete()
    cart.delete()


def _lock(phone_order: PhoneOrder) -> Cart:
    cart = Cart.objects.select_for_update(no_key=True).filter(pk=phone_order.cart_id).first()
    if cart is None:
        raise Discarded
    if cart.ordered_at is not None:
        raise AlreadyPlaced
    return cart

"""Placing of an order: one transaction from the locked cart to the held places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.people.models import User
from accounts.people.services import name_nameless
from catalog.services.entries import pin_entries
from common.again import again_after_deadlock
from common.plain_inserts import insert_row, insert_rows
from common.refusals import Refused
from enrolments.courses.places.services import places_held
from shop.cart.across_units import LineBroken, errors_across_units
from shop.cart.lines import lines_of
from shop.cart.models import Cart
from shop.cart.pricing import PricedCart, price_cart
from shop.checkout.buyers import why_not_sold
from shop.checkout.changes import changes_in_words
from shop.checkout.draft import Draft, draft_order, needs_waiver
from shop.checkout.errors import (
    CartEmpty,
    CheckoutRefused,
    DetailsRefused,
    EntryNotOnSale,
    HandlerRefused,
    TotalChanged,
    UnitsIncomplete,
)
from shop.checkout.limits import check_places_held, check_share_of_courses, check_unpaid_limits
from shop.checkout.parties import OrderDetails, Parties, parties_of, remember_numbers
from shop.orders import mails
from shop.orders.contexts import handler_of, line_contexts
from shop.orders.history.models import OrderEvent
from shop.orders.hooks import LineFault, keep_feedback, lock_courses_of
from shop.orders.lines.models import LineFeedback, OrderLine
from shop.orders.models import Order
from shop.orders.transitions import record
from shop.orders.unit_rows import write_rows
from shop.payments import services as payments
from shop.payments.providers.free import nothing_to_pay
from shop.payments.requests.planning import unpaid_until
from shop.payments.requests.services import make_request, make_requests
from shop.seller.frozen import freeze_seller
from shop.seller.models import LegalText, unpaid_time
from shop.vat_ids.services import ask_about_order


@dataclass(frozen=True)
class Shown:
    """Contents of the review page: the cart's version, the total, and the fingerprint of all that will be frozen."""

    version: int
    gross: Decimal
    contents: str

    @classmethod
    def of(cls, draft: Draft) -> Shown:
        return cls(draft.version, draft.gross, draft.fingerprint)


@dataclass(frozen=True)
class Consent:
    """Consent of the customer: the version of the terms, (private persons) the request to start at once, the plan of
    payment chosen, None for the total at once, and (private persons, digital content) the request to have it at once,
    in the knowledge that nobody withdraws from it then."""

    terms_id: int | None
    start_at_once: bool = False
    plan_id: int | None = None
    waives_withdrawal: bool = False


@dataclass(frozen=True)
class Noted:
    """Note of staff that the customer accepts the order which they entered: who noted it, and how and on which day the
    customer accepted."""

    by: User
    how: str
    on: date


@again_after_deadlock
@transaction.atomic
def place_order(
    *,
    cart_token: str,
    user: User | None,
    details: OrderDetails,
    shown: Shown,
    consent: Consent,
    language: str,
    visitor_key: str,
    now: datetime,
    noted: Noted | None = None,
    is_proved: bool = False,
) -> Order:
    """Turn a cart into an order and run every line's pre-payment hook: all of it or nothing.

    Locks the cart, pins its entries (their codes stay as they are), then locks the courses of all lines by key. A cart
    makes at most one order: posting twice returns the same one. A plan of payment fixes parts and release rule. A zero
    total of a signed-in buyer is settled here. `noted` is kept in the order's history. `is_proved`: the typed address
    was proved, by a code mailed to it for instance; a signed-in buyer's is in any case. An address that was not holds
    its share of a course at most.
    Raises a subclass of CheckoutRefused, with a sentence for the customer, and then changes nothing.
    """
    cart = Cart.objects.select_for_update(no_key=True).filter(token=cart_token).first()
    if cart is None or cart.user_id not in (None, user.pk if user else None):
        raise CartEmpty(_("The cart is empty."))
    if cart.ordered_at is not None:
        return Order.objects.get(cart=cart)
    lines = lines_of(cart)
    pin_entries([line.entry_id for line in lines])
    priced = price_cart(cart, user=user, now=now, lines=lines)
    _refuse_what_cannot_be_sold(priced, details)
    _refuse_incomplete_units(priced)
    draft = draft_order(priced=priced, details=details, user=user, language=language, now=now)
    if Shown.of(draft) != shown:
        raise TotalChanged(changes_in_words(draft.differences(shown.contents), draft))
    _refuse_other_terms(draft.terms, consent)
    _refuse_without_waiver(draft, consent)
    plan = draft.plan(consent.plan_id)
    parties = parties_of(details, user=user, now=now)
    order = _new_order(draft, parties, consent, cart=cart, visitor_key=visitor_key, is_proved=is_proved, now=now)
    if plan is not None:
        order.release_rule = plan.release_rule
        order.expires_at = max(order.expires_at, unpaid_until(order, plan.parts))
    insert_row(order)
    sold = _create_lines(order, draft)
    if plan is None:
        make_request(order, now=now)
    else:
        make_requests(order, [(part.amount, part.due_on) for part in plan.parts], now=now)
    _close_cart(cart, now=now)
    check_unpaid_limits(order=order)
    write_rows((line, source.units.contexts) for line, source in zip(sold, priced.lines, strict=True))
    detail = {"reason": noted.how, "on": noted.on.isoformat()} if noted else {}
    actor = noted.by if noted else user
    record(order, OrderEvent.What.PLACED, actor=actor, now=now, to_status=order.status, detail=detail)
    _run_pre_payment(order, sold, now=now)
    remember_numbers(details)
    if _note_places_held(order, sold):
        check_places_held(order=order)
        check_share_of_courses(order=order, percent=draft.seller.unproved_share)
    if order.buyer is not None:
        name_nameless(user=order.buyer, name=order.contact_name)
    mails.queue_placed(order, now=now)
    ask_about_order(order, seller=draft.seller, now=now)
    if order.is_free and order.is_claimed:
        payments.settle(event=nothing_to_pay(order), now=now)
        order.refresh_from_db()
    return order


def _refuse_what_cannot_be_sold(priced: PricedCart, details: OrderDetails) -> None:
    if not priced.lines:
        raise CartEmpty(_("The cart is empty."))
    for line in priced.lines:
        if line.problems or line.price is None:
            problem = line.problems[0] if line.problems else ""
            refused = HandlerRefused if line.lacks_places else EntryNotOnSale
            raise refused(_("%(name)s: %(problem)s") % {"name": line.entry_name, "problem": problem})
        if reason := why_not_sold(line.line.entry, details.buyer):
            raise DetailsRefused(reason, field="kind")


def _refuse_incomplete_units(priced: PricedCart) -> None:
    errors = [error for line in priced.lines for error in line.units.errors()]
    try:
        errors = errors or errors_across_units(priced.lines)
    except LineBroken as broken:
        raise EntryNotOnSale(broken.message) from broken
    if errors:
        raise UnitsIncomplete(_("Some participants’ details need your attention."), errors)


def _refuse_other_terms(terms: LegalText | None, consent: Consent) -> None:
    """Raise CheckoutRefused unless the terms in force were accepted; a shop may have published none."""
    if terms is not None and terms.pk != consent.terms_id:
        raise CheckoutRefused(_("Please read and accept the terms of sale."))


def _refuse_without_waiver(draft: Draft, consent: Consent) -> None:
    """Raise CheckoutRefused unless a private buyer of digital content asked for it at once (CC L221-28, 13°)."""
    if needs_waiver(draft) and not consent.waives_withdrawal:
        raise CheckoutRefused(_("Please ask for the digital content at once: it cannot be sold otherwise."))


def _new_order(
    draft: Draft,
    parties: Parties,
    consent: Consent,
    *,
    cart: Cart,
    visitor_key: str,
    is_proved: bool,
    now: datetime,
) -> Order:
    needs_link = draft.gross == 0 and parties.buyer is None
    waits = unpaid_time(draft.seller, immediate=None, zero_total=needs_link)
    is_private = not draft.columns["is_organisation"]
    return Order(
        **draft.columns,
        number=next_number(now),
        cart=cart,
        account=parties.account,
        buyer=parties.buyer,
        operator=parties.operator,
        claimed_at=now if parties.buyer else None,
        address_proved_at=now if parties.buyer or is_proved else None,
        visitor_key=visitor_key,
        seller=freeze_seller(seller=draft.seller),
        terms=draft.terms,
        terms_accepted_at=now,
        start_at_once_at=now if consent.start_at_once and is_private else None,
        withdrawal_waived_at=now if needs_waiver(draft) else None,
        placed_at=now,
        expires_at=now + waits,
    )


def next_number(now: datetime) -> str:
    """Return the next order number: the year and a serial number, unique, with gaps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('shop_order_number')")
        (serial,) = cursor.fetchone()
    return f"{timezone.localtime(now).year}-{serial:06d}"


def _create_lines(order: Order, draft: Draft) -> list[OrderLine]:
    lines = [
        OrderLine(order=order, account_id=order.account_id, position=position, **columns)
        for position, columns in enumerate(draft.lines)
    ]
    insert_rows(lines)
    return lines


def _close_cart(cart: Cart, *, now: datetime) -> None:
    """Close the cart and delete its answers and details: the order has them, and a second copy would outlive it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM shop_cartunit WHERE line_id IN (SELECT id FROM shop_cartline WHERE cart_id = %s)", [cart.pk]
        )
    Cart.objects.filter(pk=cart.pk).update(ordered_at=now, details={})


def _run_pre_payment(order: Order, lines: list[OrderLine], *, now: datetime) -> None:
    contexts = line_contexts(order, lines, now=now)
    try:
        contexts = lock_courses_of(lines, contexts)
    except LineFault as fault:
        raise _refused(fault.line, fault) from fault
    for line in lines:
        try:
            handler = handler_of(line)
            if handler is None:
                continue
            feedback = handler.pre_payment(contexts[line.pk])
        except Refused as refusal:
            raise _refused(line, refusal) from refusal
        keep_feedback(line, LineFeedback.Hook.PRE_PAYMENT, feedback, now=now)


def _refused(line: OrderLine, refusal: Refused) -> HandlerRefused:
    return HandlerRefused(_("%(name)s: %(problem)s") % {"name": line.name, "problem": refusal})


def _note_places_held(order: Order, lines: list[OrderLine]) -> bool:
    """Save the number of places held on each line; tell whether there are any."""
    held = places_held(order_id=order.pk)
    holding = [line for line in lines if line.pk in held]
    for line in holding:
        line.places_held = held[line.pk]
    OrderLine.objects.bulk_update(holding, ["places_held"])
    return bool(holding)
